use std::net::{TcpListener, TcpStream};
use std::{fs, process::Command, thread};

fn main() {
    TcpStream::connect("db:5432");
    TcpListener::bind("0.0.0.0:8080");
    fs::write("/tmp/out.txt", "x");
    std::fs::File::create("other.txt");
    thread::spawn(|| 1);
    Command::new("ls").spawn();
    other::connect("not.this:1");
}
