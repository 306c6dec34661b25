#!/bin/sh
wget -q x
