"""`python -m local`: what `make run` starts once everything is installed."""

import os
import sys

from local.console import Console
from local.procfile import ProcfileError, read_procfile
from local.settings import ROOT, Settings, SettingsError
from local.supervisor import Supervisor
from portal.config.private_files import close_alone, write_privately


def main() -> int:
    """Run Ledgerdesk on this machine until it is told to stop; return the exit code."""
    console = Console()
    os.chdir(ROOT)
    write_privately()
    close_alone(ROOT / "var")
    try:
        settings = Settings.from_env()
        commands = read_procfile(ROOT / "Procfile")
    except (SettingsError, ProcfileError) as error:
        console.complain(str(error))
        return 2
    return Supervisor(settings, commands, environment=os.environ, console=console).run()


if __name__ == "__main__":
    sys.exit(main())
