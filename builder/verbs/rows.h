/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verbs, for inclusion where ROW(name, flags, group, synopsis, help, details) says
 * what a row becomes: in the engine (builder/main.c) and in the front (builder/front.c).
 */
#define RUN	"Run a task"
#define LOOK	"See what a task needs"
#define PREPARE "Prepare templates"
#define KEEP	"Look after what is stored"

ROW(run, SBX_COMMAND_OPTIONS_FIRST | SBX_COMMAND_PASSES_STATUS, RUN,
    "TASK [ARG...] | TASK -- COMMAND [ARG...]",
    "Profile a script or folder, find or build its template, run it isolated",
    "TASK is a file or a folder. Its folder is the working directory /task inside; what "
    "the task writes there stays in the sandbox. Files left in /output are collected into "
    "--output. The exit status is the task's own; 125 is a failure of ours.")
ROW(profile, SBX_COMMAND_PLAIN, LOOK, "FILE|DIR",
    "Say what a task needs, on which line that was seen, and who ships it",
    "The task is read, never run, in a confined process. Exit status 4 when something that it "
    "certainly needs is shipped by nobody, 3 when its program cannot be read. What was found is "
    "remembered until the task, the index or the site's rules (providers.d) change.")
ROW(resolve, SBX_COMMAND_PLAIN, LOOK, "PROFILE|TASK | --packages A,B",
    "Choose the exact packages, as apt would",
    "Prints them, or with --json or -o the lock that `sbx-build build` takes.")
ROW(lock, SBX_COMMAND_PLAIN, LOOK, "diff A B | update LOCK [PACKAGE...]",
    "Compare two locks, or move packages of one to newer versions",
    "update moves only the packages that are named, as far as the others let them; with no name, "
    "all "
    "that were not held. The rest stays at its exact version, also when the archive has dropped "
    "it. "
    "The lock is written in place, or to --output; what changed is printed.")
ROW(build, SBX_COMMAND_PLAIN, PREPARE, "LOCK|PROFILE|TASK | --packages A,B",
    "Build the template: a root filesystem with just these packages",
    "Prints the template's id. The same lock is answered from the catalog at once.")
ROW(match, SBX_COMMAND_PLAIN, PREPARE, "LOCK|PROFILE|TASK | --packages A,B",
    "Say which template serves, or is the closest to begin with",
    "exact, superset (where match.conf allows one), closest or base, and the template's id. "
    "--explain prints all candidates with their costs and why they are not taken; docs/match.md "
    "has "
    "the cost model.")
ROW(update, SBX_COMMAND_PLAIN, PREPARE, "", "Fetch, verify and index the archive's metadata",
    "By default of the host's suite, from the host's apt sources, with its keyrings and "
    "proxy. Unchanged metadata costs one conditional request an index.")
ROW(prebuild, SBX_COMMAND_PLAIN, PREPARE, "[RECIPE...]",
    "Build the templates of recipes, test each in a sandbox, and name them",
    "For pipelines: RECIPE is a name that `sbx-build recipes` lists, or a path; without any, all "
    "are "
    "made. A name moves to the new template once its smoke test has passed. A recipe that fails "
    "does not keep the others from being made; the exit status is that of the first one that "
    "failed. docs/recipes.md has the format.")
ROW(refresh, SBX_COMMAND_PLAIN, PREPARE, "[TEMPLATE...]",
    "Build named templates again that hold packages with newer versions",
    "Compares all templates (or these) with the index, which `sbx-build update` brings up to date, "
    "and "
    "tells what is newer and what of it comes from a security suite. A name moves to the new "
    "template, at once and whole, when the smoke test of its recipe has passed; the old one stays "
    "until gc finds it unused. With --suite the templates named go on in that suite. --check is "
    "for "
    "a nightly job.")
ROW(recipes, SBX_COMMAND_PLAIN, PREPARE, "", "List the recipes",
    "Those of $SBX_ROOT/recipes, /etc/sbx/recipes and the ones that came with the program; the "
    "first "
    "of a name counts.")
ROW(measure, SBX_COMMAND_PLAIN, PREPARE, "TASK|TEMPLATE",
    "Measure what importing a task's modules takes",
    "Each module that a package serves is imported in sandboxes on the task's template, which is "
    "built when it is missing. Peak memory and time are kept for the package's version; profiles "
    "and the limits of `run` are made with them. Of a template: what its tasks import, or "
    "--module. Exit status 1 when a module could not be imported.")
ROW(ls, SBX_COMMAND_PLAIN, KEEP, "", "List the templates", NULL)
ROW(show, SBX_COMMAND_PLAIN, KEEP, "TEMPLATE", "Tell a template's packages, sizes, lock and use",
    "TEMPLATE is an id, an unambiguous prefix of one, or a name.")
ROW(rm, SBX_COMMAND_PLAIN, KEEP, "TEMPLATE...", "Remove templates (or names of templates)",
    "A name is taken off its template; an id or prefix removes the template with its "
    "names. "
    "Disk space comes back with `sbx-build gc`.")
ROW(gc, SBX_COMMAND_PLAIN, KEEP, "", "Free what no template needs",
    "Waits for running builds to end. What a name, a lock or a live sandbox needs stays.")
ROW(fsck, SBX_COMMAND_PLAIN, KEEP, "", "Check every stored object and the catalog",
    "Exit status 11 when something is damaged.")

#undef RUN
#undef LOOK
#undef PREPARE
#undef KEEP
