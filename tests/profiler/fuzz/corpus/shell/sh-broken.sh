#!/bin/sh
first-tool
fi
second-tool
echo ${x
third-tool
