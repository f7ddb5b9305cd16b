"""Collects the service workers that a page wants: heard from before navigation, since none may run."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from auditor.evidence.service_workers import ServiceWorkers
from auditor.model.urls import is_http
from auditor.render.collectors.look import Look, Question

MOST = 20
QUESTION: Question = ("service_workers", None)
# Playwright's own script makes `register` do nothing; ours says who called it, and is nothing that a page would meet by chance.
_LISTEN = """(() => {
  const container = navigator.serviceWorker;
  if (!container) return;
  const wanted = [];
  const register = container.register;
  const heard = function (url) {
    try { if (wanted.length < 20) wanted[wanted.length] = new URL(String(url), document.baseURI).href.slice(0, 2000); } catch (error) {}
    return register.apply(this, arguments);
  };
  try {
    Object.defineProperty(container, 'register', { value: heard, configurable: true, writable: true });
    Object.defineProperty(container, Symbol.for('auditor'), { value: wanted });
  } catch (error) {}
})()"""


def listen(context: BrowserContext) -> None:
    """Before the first tab is made."""
    context.add_init_script(_LISTEN)


def collect(look: Look) -> ServiceWorkers:
    seen = look.ask(*QUESTION, ServiceWorkers)
    return ServiceWorkers(supported=seen.supported, wanted=tuple(url for url in seen.wanted[:MOST] if is_http(url)))
