/* SPDX-License-Identifier: Apache-2.0 */
#define Py_LIMITED_API 0x03070000
#include <Python.h>

#include "provisioner/zygote/python.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char sbx_zygote_warm[];

/*
 * Exported by every interpreter, with these arguments since Python 2, and not of the limited API.
 * Weak: a program that is no Python shall be told so, not fail to load.
 */
#define WEAK __attribute__((weak, visibility("default")))
extern WEAK int Py_UTF8Mode;
WEAK int PyRun_SimpleStringFlags(const char *text, void *flags);
WEAK int PyRun_AnyFileExFlags(FILE *file, const char *name, int close_it, void *flags);
WEAK int PyRun_SimpleFileExFlags(FILE *file, const char *name, int close_it, void *flags);
#pragma weak PyExc_KeyboardInterrupt
#pragma weak PyExc_NameError
#pragma weak Py_InitializeEx
#pragma weak Py_SetProgramName
#pragma weak Py_DecodeLocale

/* What replaces Py_SetProgramName is laid out differently by every version. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static PyObject *warm; /* the name space of warm.py */

/* A value of a name space by its name, borrowed, or NULL with an exception. */
static PyObject *lookup(const char *name)
{
	PyObject *found = PyDict_GetItemString(warm, name);
	if (!found)
		PyErr_Format(PyExc_NameError, "%s", name);
	return found;
}

/* The exception that is set, as a line. */
static int fail_python(struct sbx_error *err, const char *what)
{
	PyObject *type, *value, *trace;
	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	PyObject *text = value ? PyObject_Repr(value) : NULL;
	PyObject *bytes = text ? PyUnicode_AsUTF8String(text) : NULL;
	sbx_fail(err, SBX_E_INPUT, "%s: %s", what, bytes ? PyBytes_AsString(bytes) : "failed");
	Py_XDECREF(bytes);
	Py_XDECREF(text);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(trace);
	PyErr_Clear();
	return -1;
}

static int load_warm(struct sbx_error *err)
{
	warm = PyDict_New();
	PyObject *code = Py_CompileString(sbx_zygote_warm, "<sbx>", Py_file_input);
	PyObject *done = NULL;
	if (warm && code && PyDict_SetItemString(warm, "__builtins__", PyEval_GetBuiltins()) == 0)
		done = PyEval_EvalCode(code, warm, warm);
	Py_XDECREF(code);
	if (!done)
		return fail_python(err, "zygote");
	Py_DECREF(done);
	return 0;
}

int sbx_python_start(const char *program, struct sbx_error *err)
{
	if (!Py_InitializeEx || !Py_SetProgramName || !Py_DecodeLocale ||
	    !PyRun_SimpleStringFlags || !PyRun_AnyFileExFlags || !PyRun_SimpleFileExFlags)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"%s: is no Python interpreter that exports its interface; a zygote "
				"cannot be made of it",
				program);
	wchar_t *name = Py_DecodeLocale(program, NULL);
	if (!name)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygote");
	Py_SetProgramName(name); /* kept by it */
	/* As python3 does where there is no locale but C (PEP 540); who embeds it must ask. */
	const char *locale = setlocale(LC_CTYPE, "");
	if (&Py_UTF8Mode && (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0))
		Py_UTF8Mode = 1;
	Py_InitializeEx(1);
	return load_warm(err);
}

/* Call a function of warm.py, with a text or nothing (NULL). */
static int call(const char *name, const char *text, const char *what, struct sbx_error *err)
{
	PyObject *function = lookup(name);
	PyObject *done = function ? PyObject_CallFunction(function, text ? "s" : NULL, text) : NULL;
	if (!done)
		return fail_python(err, what);
	Py_DECREF(done);
	return 0;
}

int sbx_python_import(const char *module, struct sbx_error *err)
{
	return call("warm_up", module, module, err);
}

int sbx_python_settle(struct sbx_error *err)
{
	return call("settle", NULL, "zygote", err);
}

int sbx_python_ready(struct sbx_error *err)
{
	PyOS_AfterFork_Child();
	return call("ready", NULL, "zygote", err);
}

void sbx_python_before_fork(void)
{
	PyOS_BeforeFork();
}

void sbx_python_after_fork_parent(void)
{
	PyOS_AfterFork_Parent();
}

void sbx_python_after_fork_child(void)
{
	PyOS_AfterFork_Child();
}

static PyObject *bytes_list(char **words)
{
	PyObject *list = PyList_New(0);
	for (; list && *words; words++) {
		PyObject *one = PyBytes_FromString(*words);
		if (!one || PyList_Append(list, one) < 0)
			Py_CLEAR(list);
		Py_XDECREF(one);
	}
	return list;
}

/* Py_RunMain's way out: the interpreter's exit status, or SIGINT's for who was interrupted. */
static _Noreturn void finish(int failed)
{
	PyObject *last = failed ? PySys_GetObject("last_type") : NULL;
	bool interrupted = last && last == PyExc_KeyboardInterrupt;
	int status = failed ? 1 : 0;
	if (Py_FinalizeEx() < 0)
		status = 120;
	if (interrupted) {
		signal(SIGINT, SIG_DFL);
		kill(getpid(), SIGINT);
		status = 130;
	}
	exit(status);
}

/* An exception that is set becomes what the interpreter makes of it; SystemExit does not return. */
static int outcome(PyObject *result)
{
	if (!result)
		PyErr_Print();
	Py_XDECREF(result);
	return result ? 0 : -1;
}

static int run_module(const char *name, int set_argv0)
{
	PyObject *runpy = PyImport_ImportModule("runpy"), *result = NULL;
	if (runpy)
		result = PyObject_CallMethod(runpy, "_run_module_as_main", "si", name, set_argv0);
	Py_XDECREF(runpy);
	return outcome(result);
}

/* The interpreter puts a newline behind a command that lacks one. */
static int run_command(const char *command)
{
	size_t n = strlen(command);
	char *text = malloc(n + 2);
	if (!text)
		return outcome(PyErr_NoMemory());
	memcpy(text, command, n);
	memcpy(text + n, "\n", 2);
	int failed = PyRun_SimpleStringFlags(text, NULL);
	free(text);
	return failed;
}

/* The script, its absolute name, and whether an importer has it (a folder, a zip file). */
static int run_script(const char *program, const char *script)
{
	PyObject *function = lookup("script");
	PyObject *found = function ? PyObject_CallFunction(function, "y", script) : NULL;
	PyObject *path, *bytes;
	int is_package;
	if (!found || !PyArg_ParseTuple(found, "OOi", &path, &bytes, &is_package))
		return outcome(NULL);
	if (is_package)
		return run_module("__main__", 0);
	const char *name = PyBytes_AsString(bytes);
	FILE *file = fopen(name, "rbe");
	struct stat st;
	if (!file || (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode))) {
		PyObject *report = lookup("cannot_open");
		int why = file ? EISDIR : errno;
		if (report)
			Py_XDECREF(PyObject_CallFunction(report, "sOii", program, path, why,
							 file != NULL));
		PyErr_Clear();
		if (Py_FinalizeEx() < 0)
			exit(120);
		exit(file ? 1 : 2);
	}
	return PyRun_AnyFileExFlags(file, name, 1, NULL);
}

void sbx_python_main(char **words, char **env)
{
	PyObject *begin = lookup("begin"), *list = bytes_list(words), *variables = bytes_list(env);
	PyObject *begun = begin && list && variables
				  ? PyObject_CallFunction(begin, "OO", list, variables)
				  : NULL;
	Py_XDECREF(list);
	Py_XDECREF(variables);
	if (!begun)
		finish(outcome(NULL));
	Py_DECREF(begun);
	const char *form = words[1];
	if (!form || strcmp(form, "-") == 0)
		finish(PyRun_AnyFileExFlags(stdin, "<stdin>", 0, NULL));
	if (strcmp(form, "-c") == 0)
		finish(run_command(words[2]));
	if (strcmp(form, "-m") == 0)
		finish(run_module(words[2], 1));
	finish(run_script(words[0], form));
}
