#!/bin/sh
# Make the virtual environment: make_venv.sh FOLDER [PYTHON]
# It needs a version of Python that every pinned requirement has a wheel for.
folder=$1
candidates=${2:-python3 python3.11 python3.12 python3.13}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null
}

# One that was interrupted has no pip.
if fits "$folder/bin/python" && "$folder/bin/python" -c 'import pip' 2> /dev/null; then
    exit 0
fi

for candidate in $candidates; do
    if fits "$candidate"; then
        python=$candidate
        break
    fi
    version=$("$candidate" -c 'import platform; print(platform.python_version())' 2> /dev/null) \
        && others="$others $candidate is $version."
done

if [ -z "$python" ]; then
    cat >&2 <<END
PicHaven needs Python 3.11, 3.12 or 3.13, and there is none.$others Install one, or set PYTHON=/path/to/python3.
  Debian 12, Ubuntu 24.04 or newer   apt-get install python3 python3-venv
  Ubuntu 22.04                       apt-get install python3.11 python3.11-venv
  Fedora, RHEL                       dnf install python3.12
  Homebrew                           brew install python@3.13
  uv                                 uv python install 3.13; make install PYTHON="\$(uv python find 3.13)"
END
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    cat >&2 <<END
$python cannot make virtual environments: it lacks the modules venv and ensurepip. On Debian and Ubuntu: apt-get install python$version-venv
END
    exit 1
fi

"$python" -m venv --clear "$folder"
