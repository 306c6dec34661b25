if (requireNamespace("ggplot2", quietly = TRUE)) {
  ggplot2::ggsave("x.png")
}
has_cli <- requireNamespace("cli", quietly = TRUE)
if (has_cli) cli::cli_text("x")
if (!requireNamespace("yaml", quietly = TRUE)) stop("yaml is needed")
yaml::read_yaml("x")
if (!require(xml2)) { stop("no xml2") }
if (require("Cairo")) { Cairo::Cairo() } else { png() }
tryCatch(library(arrow), error = function(e) NULL)
tryCatch(library(DBI), error = function(e) stop("DBI is needed"))
try(library(lobstr), silent = TRUE)
stopifnot(requireNamespace("digest"))
