#!/bin/bash
convert a b
