#[derive(Debug)]
pub struct price;
use ryu::Buffer;
