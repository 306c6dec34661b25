sh <- function(cmd, ...) system(cmd, intern = TRUE)
x <- sh("jq . x")
