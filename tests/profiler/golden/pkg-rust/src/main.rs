fn main() { println!("{}", serde::x()); }
