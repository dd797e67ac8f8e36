"""The dashboard: the pages under their addresses, behind the guard."""

import reflex as rx
from reflex.app import default_error_boundary

from leadpulse_app.components import theme
from leadpulse_app.pages.account import login_page, register_page
from leadpulse_app.pages.events import events_page
from leadpulse_app.pages.integrations import integrations_page
from leadpulse_app.pages.landing import landing_page
from leadpulse_app.pages.lead import lead_page
from leadpulse_app.pages.leads import leads_page
from leadpulse_app.pages.not_found import not_found_page
from leadpulse_app.pages.overview import overview_page
from leadpulse_app.pages.pipeline import pipeline_page
from leadpulse_app.pages.rules import rules_page
from leadpulse_app.pages.settings import settings_page
from leadpulse_app.pages.system import system_page
from leadpulse_app.state import gone_tabs, guard, live, visits
from leadpulse_app.state.events import EventsState
from leadpulse_app.state.integrations import IntegrationsState
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.leads import LeadsState
from leadpulse_app.state.overview import OverviewState
from leadpulse_app.state.pipeline import PipelineState
from leadpulse_app.state.rescoring import RescoreState
from leadpulse_app.state.rules import RulesState
from leadpulse_app.state.settings import SettingsState
from leadpulse_app.state.system import SystemState

app = rx.App(
    style=theme.ROOT,
    html_lang="en",
    head_components=[
        rx.el.script(src="/account.js", defer=True),
        rx.el.script(src="/shortcuts.js", defer=True),
        rx.el.script(src="/tester.js", defer=True),
        rx.el.script(src="/upload.js", defer=True),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
    ],
    # Without Reflex's own notices of a lost connection; the shell has one.
    app_wraps={(55, "ErrorBoundary"): lambda _: default_error_boundary()},
    toaster=rx.toast.provider(position="bottom-right", rich_colors=False),
    backend_exception_handler=guard.explain_failure,
)

page_loads = (
    OverviewState.follow,
    LeadsState.follow,
    LeadState.follow,
    PipelineState.follow,
    EventsState.follow,
    RulesState.load,
    RescoreState.follow,
    IntegrationsState.follow,
    SystemState.follow,
    SettingsState.follow,
)
app.add_middleware(guard.Guard(page_loads, live.hub.end), index=0)
app.add_middleware(live.EndOnPageLoad(), index=1)
app.add_middleware(visits.CountVisits(), index=2)
app.register_lifespan_task(live.hub.run)
app.register_lifespan_task(gone_tabs.run)

app.add_page(landing_page, route="/", title="LeadPulse")
app.add_page(login_page, route="/login", title="Sign in · LeadPulse")
app.add_page(register_page, route="/register", title="Create an account · LeadPulse")
app.add_page(
    overview_page,
    route="/overview",
    title="Overview · LeadPulse",
    on_load=OverviewState.follow,
)
app.add_page(
    leads_page,
    route="/leads",
    title="Leads · LeadPulse",
    on_load=LeadsState.follow,
)
app.add_page(
    lead_page,
    route="/leads/[id]",
    title=LeadState.title + " · LeadPulse",
    on_load=LeadState.follow,
)
app.add_page(
    pipeline_page,
    route="/pipeline",
    title="Pipeline · LeadPulse",
    on_load=PipelineState.follow,
)
app.add_page(
    events_page,
    route="/events",
    title="Events · LeadPulse",
    on_load=EventsState.follow,
)
app.add_page(
    rules_page,
    route="/rules",
    title="Rules · LeadPulse",
    on_load=[RulesState.load, RescoreState.follow],
)
app.add_page(
    integrations_page,
    route="/integrations",
    title="Integrations · LeadPulse",
    on_load=IntegrationsState.follow,
)
app.add_page(
    system_page,
    route="/system",
    title="System · LeadPulse",
    on_load=SystemState.follow,
)
app.add_page(
    settings_page,
    route="/settings",
    title="Settings · LeadPulse",
    on_load=SettingsState.follow,
)
app.add_page(not_found_page, route="/404", title="Not found · LeadPulse")
