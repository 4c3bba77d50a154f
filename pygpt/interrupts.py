"""Ctrl-C where work must not be cut in two."""

import signal
import threading


class CtrlC:
    """`with CtrlC() as stop`: the first Ctrl-C sets the event `stop`, the second interrupts at once.

    A loop looks at `stop` between two steps: an interruption halfway through an update would leave weights that belong
    to no step.
    """

    def __enter__(self):
        self.stop, self.before = threading.Event(), None
        if threading.current_thread() is threading.main_thread():   # no other thread may set a handler, nor meets one
            self.before = signal.signal(signal.SIGINT, self.handle)
        return self.stop

    def handle(self, number, frame):
        if self.stop.is_set():
            raise KeyboardInterrupt
        self.stop.set()

    def __exit__(self, *error):
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)
