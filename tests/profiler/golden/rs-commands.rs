use std::process::{self, Command};

const VIEWER: &str = "eog";

fn main() {
    Command::new("git").arg("log").status();
    std::process::Command::new("tar").spawn();
    process::Command::new("zip").output();
    Command::new("sh").arg("-c").arg("jq . | bc").output();
    Command::new("bash").args(["-c", "dot -Tpng"]).output();
    Command::new(VIEWER).output();
    let name = "pandoc";
    Command::new(name).output();
    Command::new(given).output();
    println!("Command::new(\"not-a-command\")");
    Other::new("not-a-command");
}
