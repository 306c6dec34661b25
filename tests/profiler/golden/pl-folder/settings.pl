use Config::Tiny; 1;
