#!/usr/bin/env python3
"""Set up and open the course: python3 start.py [--no-browser] [--port N] [COMMAND ...]

COMMAND is `lab` (the default: JupyterLab on the first notebook), `test` (set up and test everything; with arguments
after it, only pytest with those arguments) or any pygpt command, such as `doctor` or `train configs/NAME.yaml`.

The first start makes a virtual environment in .venv, installs the course into it and fetches the default corpus and
GPT-2's vocabulary.
An interrupted set-up goes on where it stopped; a finished one is left alone. Standard library only, and this file
must parse on an old Python 3 too, so that it can say which version the course needs.
"""

import argparse
import errno
import json
import os
import re
import secrets
import socket
import subprocess
import sys

from scripts.environment import ROOT, VENV, SetupError, check_python, install_error, say, set_up, venv_python

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
FIRST_PORT = 8888
DATA = ["shakespeare", "gpt2"]                    # what the notebooks and the tests read
DATA_NOTE = os.path.join(VENV, "pygpt-data.json")


def pygpt_command(arguments):
    # Not the pygpt script: its first line holds an absolute path, which breaks when the folder is moved.
    return [venv_python(), "-m", "pygpt"] + arguments


def fetch_data():
    """Fetch the default corpus and GPT-2's vocabulary unless they are there. -> None, or the line that says why not."""
    # Asking pygpt takes a second, so note where it put them; another cache or another recipe means ask again.
    recipes = [os.path.join(ROOT, "pygpt", "data", name) for name in ("corpora.py", "vocabularies.py")]
    known = [os.environ.get("PYGPT_CACHE")] + [os.stat(recipe).st_mtime_ns for recipe in recipes]
    try:
        with open(DATA_NOTE, encoding="utf-8") as file:
            noted, paths = json.load(file)
        if noted == known and all(os.path.exists(path) for path in paths):
            return None
    except (OSError, ValueError, TypeError):      # no note yet, or a damaged one
        pass
    done = subprocess.run(pygpt_command(["data", "get"] + DATA), cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    lines = [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    if done.returncode == 0:
        paths = [line.partition(" is ready: ")[2] for line in lines if " is ready: " in line]
        with open(DATA_NOTE, "w", encoding="utf-8") as file:
            json.dump([known, paths], file)
        return None
    return re.sub("^error: ", "", lines[-1]) if lines else "no message"


def hand_over(command, **environment):
    """Go on as `command`: Ctrl-C and the exit status are its own."""
    sys.stdout.flush()
    os.environ.update(environment)
    if os.name == "posix":
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:                 # it has got the same Ctrl-C, and may ask before it stops
            continue


def port_is_free(port):
    with socket.socket() as probe:
        if os.name == "posix":                    # a port closed a moment ago is free; on Windows the option means more
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted):
    if wanted is not None and port_is_free(wanted):
        return wanted
    free = next((port for port in range(FIRST_PORT, FIRST_PORT + 100) if port_is_free(port)), None)
    if wanted is not None or free is None:
        raise SetupError("port %d is busy or not allowed: choose another, for example --port %d"
                         % (wanted or FIRST_PORT, free or FIRST_PORT + 1000))
    return free


def open_lab(options):
    port = choose_port(options.port)              # once more: the set-up took minutes
    page = "/lab/tree/" + FIRST_NOTEBOOK if os.path.exists(os.path.join(ROOT, FIRST_NOTEBOOK)) else "/lab"
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(16)
    command = [venv_python(), "-m", "jupyterlab", "--ip=127.0.0.1", "--port=%d" % port, "--ServerApp.port_retries=0",
               "--ServerApp.root_dir=" + ROOT, "--LabApp.default_url=" + page,
               "--ServerApp.log_level=ERROR", "--LabApp.log_level=ERROR",
               # No questions and no calls to the outside: the course works offline.
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
               "--LabApp.extension_manager=readonly"]
    if options.no_browser:
        command.append("--no-browser")
    if os.name == "posix" and os.geteuid() == 0:  # in a container; JupyterLab refuses root otherwise
        command.append("--allow-root")
    say("JupyterLab: http://127.0.0.1:%d%s?token=%s" % (port, page, token))
    say("Ctrl-C here stops it.")
    # In the environment, not on the command line, where every user of the machine could read it.
    return hand_over(command, JUPYTER_TOKEN=token)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="start.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser, only print the address")
    parser.add_argument("--port", type=int, help="port for JupyterLab (default: the first free from %d)" % FIRST_PORT)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="lab, test, or any pygpt command")
    options = parser.parse_args(arguments)
    if options.command[:1] == ["lab"]:
        rest = parser.parse_args(options.command[1:])
        if rest.command:
            parser.error("lab takes only --no-browser and --port, not: " + " ".join(rest.command))
        options.no_browser, options.port = options.no_browser or rest.no_browser, rest.port or options.port
        options.command = []
    if options.port is not None and not 0 < options.port < 65536:
        parser.error("--port takes a number from 1 to 65535, not %d" % options.port)
    return options


def run(options):
    check_python()
    command = options.command
    testing = command[:1] == ["test"]
    if not command:
        choose_port(options.port)
    if set_up({"course", "test"} if testing else {"course"}):
        say("Fetching the default corpus and GPT-2's vocabulary (3 MB)")
    if not command or command[0] not in ("data", "doctor", "--help"):
        missing = fetch_data()
        if missing and testing:
            raise SetupError("the tests need the default corpus and GPT-2's vocabulary: " + missing)
        if missing:
            say("The texts of the course are not here yet (%s); going on without them." % missing)
    os.chdir(ROOT)
    if not command:
        return open_lab(options)
    if testing:
        return hand_over([venv_python(), os.path.join("scripts", "run_tests.py")] + command[1:])
    return hand_over(pygpt_command(command))


def main():
    try:
        return run(parse(sys.argv[1:]))
    except SetupError as bad:
        sys.stderr.write("error: %s\n" % bad)
        return 1
    except OSError as bad:
        reason = install_error([str(bad)], "the set-up stopped") if bad.errno == errno.ENOSPC else bad
        sys.stderr.write("error: %s\n" % reason)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The same command goes on where this one left off.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
