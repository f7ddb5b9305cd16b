"""Addresses of the storefront: oscar's own, its sitemap as oscar's documentation sets it up, static and media files."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib.flatpages.sitemaps import FlatPageSitemap
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.contrib.staticfiles.views import serve as static_file
from django.urls import include, path, re_path
from django.views.static import serve as media_file
from oscar.core.loading import get_model
from oscar.views import handler403, handler404, handler500

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]


class Products(Sitemap):
    protocol = "http"

    def items(self):  # type: ignore[no-untyped-def]
        return get_model("catalogue", "Product").objects.browsable().order_by("id")


class Categories(Sitemap):
    protocol = "http"

    def items(self):  # type: ignore[no-untyped-def]
        return get_model("catalogue", "Category").objects.browsable().order_by("path")


class Texts(FlatPageSitemap):
    protocol = "http"


urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path(
        "sitemap.xml",
        sitemap,
        {"sitemaps": {"products": Products, "categories": Categories, "texts": Texts}},
    ),
    re_path(r"^static/(?P<path>.*)$", static_file, {"insecure": True}),
    re_path(r"^media/(?P<path>.*)$", media_file, {"document_root": settings.MEDIA_ROOT}),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
