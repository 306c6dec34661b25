use Data::Printer; 1;
