pub fn open() { itoa::Buffer::new(); }
