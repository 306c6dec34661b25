x <- 1
library(jsonlite)
