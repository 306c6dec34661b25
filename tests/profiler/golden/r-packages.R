#!/usr/bin/env Rscript
library(jsonlite)
suppressPackageStartupMessages({
  library("dplyr", quietly = TRUE)
  require(data.table)
})
library(package = "stringr")
x <- readr::read_csv(path)
y <- MASS:::internal(1)
loadNamespace("xml2")
pacman::p_load(zoo, "xts")
library(name, character.only = TRUE)
for (p in c("plyr", "scales")) library(p, character.only = TRUE)
lapply(c("httr", "curl"), require, character.only = TRUE)
packages <- c("glue", "purrr")
invisible(lapply(packages, library, character.only = TRUE))
one <- "fs"
library(one, character.only = TRUE)
# library(incomment)
cat("library(instring)")
z <- library
stats::sd(1)
