library(digest)
