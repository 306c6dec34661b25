#!/bin/sh
tar -cJf x.tar.xz x
tar xjf x.tar.bz2
tar --zstd -cf x y
tar -cf plain.tar x
tar czf x.tgz y
