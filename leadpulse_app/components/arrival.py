"""Where the keyboard and a screen reader are after a page was changed for another."""

from typing import Any

import reflex as rx


class Arrival(rx.Fragment):
    """Moves focus to the content of the page that a link of the dashboard led to.

    A browser does that by itself when it loads a page, but not when a script changes
    one page for another. The first page is left as the browser loaded it.
    """

    def add_imports(self) -> dict[str, Any]:
        """Return what the hooks use."""
        return {"react": ["useEffect"], "react-router": ["useLocation"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Return what runs with the page that this stands in."""
        return [
            "const { pathname } = useLocation();",
            """useEffect(() => {
                const came = window.leadpulsePathname;
                window.leadpulsePathname = pathname;
                if (came !== undefined && came !== pathname)
                    document.querySelector("main")?.focus({ preventScroll: true });
            }, [pathname]);""",
        ]


arrival = Arrival.create
