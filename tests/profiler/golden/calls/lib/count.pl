use JSON::XS;
system("gnuplot x.plt");
