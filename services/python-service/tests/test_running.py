import subprocess
import sys
import time
import unittest

_SLOW_TO_LOAD = "from phoenix_service.running import leave_on_term; leave_on_term(); print('loading', flush=True); import time; time.sleep(60)"
_NOT_SET = "from phoenix_service.running import settings_or_leave; from phoenix_service.settings import read_common; settings_or_leave('it', read_common)"


class Start(unittest.TestCase):
    def test_a_stop_while_it_loads_is_heard_at_once(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", _SLOW_TO_LOAD], stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        assert process.stdout is not None
        process.stdout.readline()
        began = time.monotonic()
        process.terminate()
        self.assertEqual(process.wait(10), 0)
        self.assertLess(time.monotonic() - began, 2)

    def test_a_bad_setting_ends_it_with_one_line_that_names_it(self) -> None:
        ended = subprocess.run([sys.executable, "-c", _NOT_SET], env={}, capture_output=True, text=True, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (1, "Cannot start it: PORT is not set.\n"))
