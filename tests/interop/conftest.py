"""The last line of a run: "N passed, N failed", like that of `make check`."""


def pytest_unconfigure(config):
    stats = config.pluginmanager.get_plugin("terminalreporter").stats
    passed, failed, errors, skipped = (
        len(stats.get(kind, []))
        for kind in ("passed", "failed", "error", "skipped")
    )
    line = f"\n{passed} passed, {failed + errors} failed"
    print(line + (f", {skipped} skipped" if skipped else ""))
