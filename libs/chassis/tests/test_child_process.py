import subprocess
import sys


def test_the_side_of_the_child_costs_no_more_than_the_standard_library() -> None:
    look = (
        "import sys; before = set(sys.modules);"
        "import pichaven_chassis.child_process.child;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "sys.exit(','.join(new - sys.stdlib_module_names - {'pichaven_chassis'}))"
    )
    ended = subprocess.run([sys.executable, "-c", look], check=False, stderr=subprocess.PIPE)
    assert ended.stderr.strip() == b""
