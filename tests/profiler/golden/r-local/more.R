library(uuid)
