#!/usr/bin/env Rscript
# Rates per region from a database, drawn and handed to another program.
suppressPackageStartupMessages({
  library(DBI)
  library("data.table")
})

has_cli <- requireNamespace("cli", quietly = TRUE)
say <- function(...) if (has_cli) cli::cli_text(...) else message(...)

con <- dbConnect(RSQLite::SQLite(), ":memory:")
dbWriteTable(con, "visits", data.frame(region = rep(c("north", "south"), 3), n = 1:6))
rows <- as.data.table(dbGetQuery(con, "SELECT region, n FROM visits"))
dbDisconnect(con)

rates <- rows[, .(total = sum(n)), by = region][order(region)]
say("summed")
for (i in seq_len(nrow(rates))) cat(rates$region[i], rates$total[i], "\n")

file <- tempfile(fileext = ".json")
writeLines(sprintf('{"south": %d}', rates[region == "south", total]), file)
out <- system2("jq", c("-r", ".south", file), stdout = TRUE)
stopifnot(identical(out, "12"))
