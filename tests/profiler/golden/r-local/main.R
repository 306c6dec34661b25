source("lib/utils.R")
source(file.path("lib", "more.R"))
