"""Pages as the themes of real platforms write them, cut to what matters; used by the tests of platform and page type."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    platform: str
    kind: str
    url: str
    html: str
    headers: dict[str, str] = {}
    status: int = 200


def _cards(count: int, pattern: str) -> str:
    return "".join(pattern.format(n=number, price=f"{number + 10}.90") for number in range(count))


def _ld(data: str) -> str:
    return f'<script type="application/ld+json">{data}</script>'


SHOPIFY_HEAD = """<link rel="preconnect" href="https://cdn.shopify.com" crossorigin>
<script src="//shop.example/cdn/shop/t/12/assets/global.js?v=149" defer="defer"></script>
<link href="//shop.example/cdn/shop/t/12/assets/base.css?v=1" rel="stylesheet">
<script>window.performance && window.performance.mark('shopify.content_for_header.start');</script>
<script id="shopify-features" type="application/json">{"accessToken":"abc","domain":"shop.example"}</script>
<script>var Shopify = Shopify || {}; Shopify.shop = "demo.myshopify.com"; Shopify.locale = "en";
Shopify.theme = {"name":"Dawn","id":1234,"schema_name":"Dawn","role":"main"};</script>"""
SHOPIFY_CARD = """<li class="grid__item"><div class="card-wrapper product-card-wrapper"><div class="card card--card">
<h3 class="card__heading"><a href="/products/shirt-{n}" class="full-unstyled-link">Shirt {n}</a></h3>
<div class="price"><span class="price-item price-item--regular">${price} USD</span></div></div></div></li>"""
SHOPIFY_HEADERS = {
    "powered-by": "Shopify",
    "x-shopid": "1234",
    "server": "cloudflare",
    "cf-ray": "8c1-FRA",
    "set-cookie": "_shopify_y=abc; path=/",
}


def _shopify(kind: str, main: str, body: str = "gradient", head: str = "") -> str:
    meta = f'<script>window.ShopifyAnalytics = window.ShopifyAnalytics || {{}}; var meta = {{"page":{{"pageType":"{kind}","requestId":"1-2"}}}};</script>'
    return f'<!doctype html><html class="no-js" lang="en"><head><title>Demo</title>{SHOPIFY_HEAD}{meta}{head}</head><body class="{body}"><header><a href="/cart" id="cart-icon-bubble">Cart</a><form action="/search"><input name="q"></form></header><main id="MainContent">{main}</main></body></html>'


_SHOPIFY_PRODUCT = (
    """<section id="MainProduct-template--1__main" class="section-template--1 product"><product-info>
<div class="product__title"><h1>Linen shirt</h1></div><div class="price"><span class="price-item price-item--regular">$49.00</span></div>
<form method="post" action="/cart/add" id="product-form-1" class="form"><input type="hidden" name="id" value="40111"><input type="number" name="quantity" value="1">
<button type="submit" name="add" class="product-form__submit button"><span>Add to cart</span></button></form></product-info></section>
<section><h2>You may also like</h2><ul class="grid product-grid">"""
    + _cards(6, SHOPIFY_CARD)
    + "</ul></section>"
)

MAGENTO_HEAD = """<script>var BASE_URL = 'https://shop.example/'; var require = {"baseUrl": "https://shop.example/static/version1700/frontend/Magento/luma/en_US"};</script>
<link rel="stylesheet" href="https://shop.example/static/version1700/frontend/Magento/luma/en_US/css/styles-m.css">
<script src="https://shop.example/static/version1700/frontend/Magento/luma/en_US/requirejs/require.js"></script>"""
MAGENTO_CARD = """<li class="item product product-item"><div class="product-item-info"><a href="https://shop.example/bag-{n}.html" class="product photo"><img src="/media/catalog/product/b/{n}.jpg" alt=""></a>
<strong class="product name"><a class="product-item-link" href="https://shop.example/bag-{n}.html">Bag {n}</a></strong><span class="price-wrapper"><span class="price">${price}</span></span>
<form data-role="tocart-form" action="https://shop.example/checkout/cart/add/product/{n}/" method="post"><button type="submit" title="Add to Cart" class="action tocart primary"><span>Add to Cart</span></button></form></div></li>"""


def _magento(body: str, main: str, head: str = "", attributes: str = "") -> str:
    return f'<!doctype html><html lang="en"><head>{MAGENTO_HEAD}{head}</head><body data-container="body" {attributes} class="{body}"><script type="text/x-magento-init">{{"*":{{"mage/cookies":{{}}}}}}</script><div class="page-wrapper"><header><a class="action showcart" href="https://shop.example/checkout/cart/">My Cart</a></header><main id="maincontent" class="page-main">{main}</main></div></body></html>'


_MAGENTO_PRODUCT = (
    """<div class="columns"><div class="column main"><div class="product-info-main"><div class="page-title-wrapper product"><h1 class="page-title"><span class="base" itemprop="name">Joust Duffle Bag</span></h1></div>
<div class="product-info-price"><div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><span class="price">$34.00</span><meta itemprop="price" content="34"><meta itemprop="priceCurrency" content="USD"></div></div>
<form action="https://shop.example/checkout/cart/add/product/1/" method="post" id="product_addtocart_form"><input type="number" name="qty" id="qty" value="1"><button type="submit" title="Add to Cart" id="product-addtocart-button"><span>Add to Cart</span></button></form></div>
<ol class="products list items product-items">"""
    + _cards(4, MAGENTO_CARD)
    + "</ol></div></div>"
)

BIG_HEAD = """<link href="https://cdn11.bigcommerce.com/s-abc123/stencil/01234567-89ab-cdef-0123-456789abcdef/e/css/theme.css" rel="stylesheet">
<script>var BCData = {"product_attributes":{}};</script>"""
BIG_CARD = """<li class="product"><article class="card" data-test="card-{n}"><figure class="card-figure"><a href="https://shop.example/plant-{n}/"><img src="https://cdn11.bigcommerce.com/s-abc123/images/stencil/500x659/products/{n}/1.jpg" alt="Plant"></a></figure>
<h3 class="card-title"><a href="https://shop.example/plant-{n}/">Plant {n}</a></h3><span class="price price--withoutTax">${price}</span><a href="https://shop.example/cart.php?action=add&amp;product_id={n}" class="button button--small card-figcaption-button">Add to Cart</a></article></li>"""


def _big(kind: str, main: str) -> str:
    return f'<!doctype html><html class="no-js" lang="en"><head>{BIG_HEAD}</head><body><header><a class="navUser-action" href="/cart.php" data-cart-preview>Cart</a></header><main class="body" id="main-content"><div class="container">{main}</div></main><script>window.stencilBootstrap("{kind}", "{{}}").load();</script></body></html>'


_BIG_PRODUCT = """<div itemscope itemtype="https://schema.org/Product"><div class="productView"><h1 class="productView-title" itemprop="name">Fern</h1><div class="productView-price"><span class="price price--withoutTax">$12.00</span></div>
<form class="form" method="post" action="https://shop.example/cart.php" data-cart-item-add><input type="hidden" name="action" value="add"><input name="qty[]" class="form-input--incrementTotal" type="tel" value="1"><input id="form-action-addToCart" class="button button--primary" type="submit" value="Add to Cart"></form></div></div>"""

WOO_HEAD = """<meta name="generator" content="WordPress 6.6"><meta name="generator" content="WooCommerce 9.1.2">
<link rel='stylesheet' href='https://shop.example/wp-content/plugins/woocommerce/assets/css/woocommerce.css?ver=9.1.2'>
<script>var wc_add_to_cart_params = {"ajax_url":"\\/wp-admin\\/admin-ajax.php"};</script>"""
WOO_CARD = """<li class="product type-product post-{n} status-publish instock"><a href="https://shop.example/product/mug-{n}/" class="woocommerce-LoopProduct-link"><h2 class="woocommerce-loop-product__title">Mug {n}</h2><span class="price"><span class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">&euro;</span>{price}</bdi></span></span></a>
<a href="?add-to-cart={n}" data-quantity="1" class="button product_type_simple add_to_cart_button ajax_add_to_cart">Add to cart</a></li>"""


def _woo(body: str, main: str, head: str = "") -> str:
    return f'<!DOCTYPE html><html lang="en-GB"><head>{WOO_HEAD}{head}</head><body class="{body}"><header><a class="cart-contents" href="https://shop.example/cart/">Cart</a></header><div id="content"><main id="main">{main}</main></div></body></html>'


_WOO_PRODUCT = (
    """<div id="product-40" class="product type-product post-40"><div class="summary entry-summary"><h1 class="product_title entry-title">Mug</h1><p class="price"><span class="woocommerce-Price-amount amount"><bdi>9,90&nbsp;&euro;</bdi></span></p>
<form class="cart" action="https://shop.example/product/mug/" method="post"><div class="quantity"><input type="number" name="quantity" value="1"></div><button type="submit" name="add-to-cart" value="40" class="single_add_to_cart_button button alt">Add to cart</button></form></div>
<section class="related products"><ul class="products columns-4">"""
    + _cards(4, WOO_CARD)
    + "</ul></section></div>"
)
_YOAST = _ld(
    '{"@context":"https://schema.org","@graph":[{"@type":["WebPage","ItemPage"],"@id":"https://shop.example/product/mug/"},{"@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","position":1,"name":"Home"},{"@type":"ListItem","position":2,"name":"Mug"}]},{"@type":"WebSite","@id":"https://shop.example/#website","url":"https://shop.example/"}]}'
)
_WOO_LD = _ld(
    '{"@context":"https://schema.org/","@type":"Product","@id":"https://shop.example/product/mug/#product","name":"Mug","sku":"M-1","offers":[{"@type":"Offer","price":"9.90","priceCurrency":"EUR"}]}'
)

OC_HEAD = """<base href="https://shop.example/"><script src="catalog/view/javascript/common.js"></script><link href="catalog/view/theme/default/stylesheet/stylesheet.css" rel="stylesheet">"""
OC_CARD = """<div class="product-layout product-list col-xs-12"><div class="product-thumb"><div class="image"><a href="https://shop.example/index.php?route=product/product&amp;product_id={n}"><img src="https://shop.example/image/cache/catalog/demo/{n}-228x228.jpg" alt=""></a></div>
<div class="caption"><h4><a href="https://shop.example/index.php?route=product/product&amp;product_id={n}">Phone {n}</a></h4><p class="price">${price} <span class="price-tax">Ex Tax: ${price}</span></p></div>
<div class="button-group"><button type="button" onclick="cart.add('{n}', '1');"><span>Add to Cart</span></button><button type="button" onclick="wishlist.add('{n}');">W</button></div></div></div>"""


def _oc(name: str, main: str, body: str = "") -> str:
    return f'<!DOCTYPE html><html dir="ltr" lang="en"><head>{OC_HEAD}</head><body class="{body}"><nav id="top"><a href="https://shop.example/index.php?route=account/account">My Account</a><a href="https://shop.example/index.php?route=checkout/cart">Shopping Cart</a></nav><div id="{name}" class="container"><div class="row"><div id="content" class="col-sm-12">{main}</div></div></div></body></html>'


_OC_PRODUCT = """<div class="row"><div class="col-sm-8"><ul class="thumbnails"></ul></div><div class="col-sm-4"><h1>Phone</h1><ul class="list-unstyled"><li><h2>$101.00</h2></li></ul>
<div id="product"><div class="form-group"><label for="input-quantity">Qty</label><input type="text" name="quantity" value="1" id="input-quantity"><input type="hidden" name="product_id" value="40"><button type="button" id="button-cart" class="btn btn-primary btn-lg btn-block">Add to Cart</button></div></div></div></div>"""

PS_HEAD = """<link rel="stylesheet" href="https://shop.example/themes/classic/assets/cache/theme-a1b2.css"><script>var prestashop = {"cart":{"products":[]},"page":{"page_name":"category"}};</script>"""
PS_CARD = """<div class="js-product product col-xs-12 col-sm-6"><article class="product-miniature js-product-miniature" data-id-product="{n}"><a href="https://shop.example/en/home/{n}-poster.html" class="thumbnail product-thumbnail"><img src="https://shop.example/{n}-home_default/poster.jpg" alt=""></a>
<h2 class="h3 product-title"><a href="https://shop.example/en/home/{n}-poster.html">Poster {n}</a></h2><span class="price" aria-label="Price">&euro;{price}</span></article></div>"""


def _ps(name: str, main: str, classes: str = "") -> str:
    return f'<!doctype html><html lang="en"><head>{PS_HEAD}</head><body id="{name}" class="lang-en country-us currency-eur layout-full-width page-{name} tax-display-enabled {classes}"><main><header id="header"><div id="_desktop_cart"><a href="//shop.example/en/cart?action=show">Cart</a></div></header><section id="wrapper"><section id="main">{main}</section></section></main></body></html>'


_PS_PRODUCT = """<div class="row product-container js-product-container"><div class="col-md-6"><h1 class="h1">Poster</h1><div class="product-prices"><div class="current-price"><span class="current-price-value" content="29">&euro;29.00</span></div></div>
<form action="https://shop.example/en/cart" method="post" id="add-to-cart-or-refresh"><input type="hidden" name="id_product" value="3"><input type="number" name="qty" id="quantity_wanted" value="1"><button class="btn btn-primary add-to-cart" data-button-action="add-to-cart" type="submit">Add to cart</button></form></div></div>"""

VOL_HEAD = """<link rel="stylesheet" href="/v/vspfiles/templates/234/css/Imports.css"><script src="/a/j/vnav.js"></script><script>var global_Config_EnableDisplayOptionProducts = 'False';</script>"""
VOL_CARD = """<div class="v-product"><a href="https://shop.example/Lamp-p/lamp-{n}.htm" class="v-product__img"><img src="/v/vspfiles/photos/lamp-{n}-1.jpg" alt=""></a><a href="https://shop.example/Lamp-p/lamp-{n}.htm" class="v-product__title productnamecolor">Lamp {n}</a><div class="product_productprice"><b>Price:</b> ${price}</div></div>"""


def _vol(main: str) -> str:
    return f'<!DOCTYPE html><html><head>{VOL_HEAD}</head><body><div id="header"><a href="/ShoppingCart.asp">Cart</a><a href="/MyAccount.asp">Account</a></div><div id="content_area">{main}</div></body></html>'


_VOL_PRODUCT = """<form method="post" name="MainForm" id="MainForm" action="/ProductDetails.asp?ProductCode=lamp-1"><table id="v65-product-parent"><tr><td><h1><span itemprop="name">Lamp</span></h1><div class="product_productprice">Price: $39.00</div>
<input type="text" name="QTY.lamp-1" value="1"><input type="image" class="vCSS_input_addtocart" name="btnaddtocart" alt="Add to cart" src="/v/vspfiles/templates/234/images/buttons/btn_addtocart.gif"></td></tr></table></form>"""

PLATFORM_PAGES = [
    Page(
        "shopify",
        "home",
        "https://shop.example/",
        _shopify("home", '<h1>Welcome</h1><ul class="grid product-grid">' + _cards(8, SHOPIFY_CARD) + "</ul>"),
        SHOPIFY_HEADERS,
    ),
    Page("shopify", "home", "https://shop.example/en-gb", _shopify("home", "<h1>Welcome</h1>"), SHOPIFY_HEADERS),
    Page(
        "shopify",
        "product",
        "https://shop.example/products/linen-shirt?variant=40111",
        _shopify("product", _SHOPIFY_PRODUCT),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "product",
        "https://shop.example/collections/summer/products/linen-shirt",
        _shopify("product", _SHOPIFY_PRODUCT, "template-product"),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "category",
        "https://shop.example/collections/summer?sort_by=price-ascending",
        _shopify(
            "collection",
            '<h1>Summer</h1><p>48 products</p><ul class="grid product-grid">' + _cards(12, SHOPIFY_CARD) + "</ul>",
        ),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "category",
        "https://shop.example/collections/empty",
        _shopify("collection", "<h1>Empty</h1><p>No products found</p>"),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "search",
        "https://shop.example/search?q=shirt",
        _shopify(
            "searchresults",
            '<h1>Search results</h1><ul class="grid product-grid">' + _cards(12, SHOPIFY_CARD) + "</ul>",
        ),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "cart",
        "https://shop.example/cart",
        _shopify("cart", '<h1>Your cart is empty</h1><a href="/collections/all">Continue shopping</a>'),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "account",
        "https://shop.example/account/login",
        _shopify(
            "",
            '<h1>Login</h1><form action="/account/login"><input type="email" name="customer[email]"><input type="password" name="customer[password]"></form>',
        ),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "content",
        "https://shop.example/pages/about-us",
        _shopify("page", "<h1>About us</h1><p>Since 1990.</p>"),
        SHOPIFY_HEADERS,
    ),
    Page(
        "shopify",
        "content",
        "https://shop.example/blogs/news/remove-stains",
        _shopify("article", "<article><h1>Remove stains</h1></article>"),
        SHOPIFY_HEADERS,
    ),
    Page(
        "magento",
        "home",
        "https://shop.example/",
        _magento(
            "cms-home cms-index-index page-layout-1column",
            '<ol class="products list items">' + _cards(6, MAGENTO_CARD) + "</ol>",
        ),
    ),
    Page(
        "magento",
        "product",
        "https://shop.example/joust-duffle-bag.html",
        _magento(
            "page-product-configurable catalog-product-view product-joust-duffle-bag",
            _MAGENTO_PRODUCT,
            '<meta property="og:type" content="product">',
            'itemtype="http://schema.org/Product" itemscope="itemscope"',
        ),
    ),
    Page(
        "magento",
        "category",
        "https://shop.example/gear/bags.html?p=2",
        _magento(
            "page-with-filter page-products categorypath-gear-bags catalog-category-view",
            '<h1>Bags</h1><select id="sorter" data-role="sorter" class="sorter-options"></select><ol class="products list items product-items">'
            + _cards(9, MAGENTO_CARD)
            + "</ol>",
        ),
    ),
    Page(
        "magento",
        "search",
        "https://shop.example/catalogsearch/result/?q=bag",
        _magento(
            "page-products catalogsearch-result-index",
            '<h1>Search results for: bag</h1><ol class="products list items">' + _cards(9, MAGENTO_CARD) + "</ol>",
        ),
    ),
    Page(
        "magento",
        "cart",
        "https://shop.example/checkout/cart/",
        _magento(
            "checkout-cart-index",
            '<h1>Shopping Cart</h1><div class="cart-empty"><p>You have no items in your shopping cart.</p></div>',
        ),
    ),
    Page(
        "magento",
        "checkout",
        "https://shop.example/checkout/",
        _magento("checkout-index-index page-layout-checkout", '<div id="checkout"></div>'),
    ),
    Page(
        "magento",
        "account",
        "https://shop.example/customer/account/login/",
        _magento("customer-account-login", '<h1>Customer Login</h1><input type="password" name="login[password]">'),
    ),
    Page(
        "magento",
        "content",
        "https://shop.example/about-us/",
        _magento("cms-about-us cms-page-view", "<h1>About us</h1>"),
    ),
    Page(
        "magento",
        "error",
        "https://shop.example/gone.html",
        _magento("cms-noroute-index cms-page-view", "<h1>Whoops, our bad...</h1>"),
    ),
    Page(
        "bigcommerce",
        "home",
        "https://shop.example/",
        _big("default", '<ul class="productGrid">' + _cards(8, BIG_CARD) + "</ul>"),
    ),
    Page("bigcommerce", "product", "https://shop.example/fern/", _big("product", _BIG_PRODUCT)),
    Page(
        "bigcommerce",
        "category",
        "https://shop.example/plants/?sort=bestselling",
        _big(
            "category", '<h1 class="page-heading">Plants</h1><ul class="productGrid">' + _cards(12, BIG_CARD) + "</ul>"
        ),
    ),
    Page(
        "bigcommerce",
        "search",
        "https://shop.example/search.php?search_query=fern",
        _big("search", '<h1>12 results</h1><ul class="productGrid">' + _cards(12, BIG_CARD) + "</ul>"),
    ),
    Page(
        "bigcommerce",
        "cart",
        "https://shop.example/cart.php",
        _big("cart", "<h1>Your Cart (0 items)</h1><p>Your cart is empty</p>"),
    ),
    Page(
        "bigcommerce",
        "account",
        "https://shop.example/login.php",
        _big("login", '<h1>Sign in</h1><input type="password" name="login_pass">'),
    ),
    Page(
        "bigcommerce",
        "content",
        "https://shop.example/shipping-returns/",
        _big("page", "<h1>Shipping &amp; Returns</h1>"),
    ),
    Page(
        "woocommerce",
        "home",
        "https://shop.example/",
        _woo(
            "home page-template page-template-default page theme-storefront woocommerce-no-js",
            '<ul class="products columns-4">' + _cards(8, WOO_CARD) + "</ul>",
        ),
    ),
    Page(
        "woocommerce",
        "home",
        "https://shop.example/",
        _woo(
            "home archive post-type-archive post-type-archive-product theme-storefront woocommerce-shop woocommerce woocommerce-page",
            '<ul class="products columns-4">' + _cards(12, WOO_CARD) + "</ul>",
        ),
    ),
    Page(
        "woocommerce",
        "product",
        "https://shop.example/product/mug/",
        _woo(
            "product-template-default single single-product postid-40 theme-storefront woocommerce woocommerce-page",
            _WOO_PRODUCT,
            _YOAST + _WOO_LD + '<meta property="og:type" content="article">',
        ),
    ),
    Page(
        "woocommerce",
        "category",
        "https://shop.example/product-category/mugs/page/2/",
        _woo(
            "archive tax-product_cat term-mugs term-17 woocommerce woocommerce-page",
            '<h1>Mugs</h1><form class="woocommerce-ordering"><select name="orderby" class="orderby"></select></form><ul class="products columns-4">'
            + _cards(12, WOO_CARD)
            + "</ul>",
        ),
    ),
    Page(
        "woocommerce",
        "category",
        "https://shop.example/shop/",
        _woo(
            "archive post-type-archive post-type-archive-product woocommerce-shop woocommerce woocommerce-page",
            '<h1>Shop</h1><ul class="products columns-4">' + _cards(12, WOO_CARD) + "</ul>",
        ),
    ),
    Page(
        "woocommerce",
        "search",
        "https://shop.example/?s=mug&post_type=product",
        _woo(
            "search search-results post-type-archive post-type-archive-product woocommerce woocommerce-page",
            '<h1>Search results: mug</h1><ul class="products columns-4">' + _cards(12, WOO_CARD) + "</ul>",
        ),
    ),
    Page(
        "woocommerce",
        "cart",
        "https://shop.example/cart/",
        _woo(
            "page-template-default page page-id-7 woocommerce-cart woocommerce-page",
            '<h1>Cart</h1><p class="cart-empty">Your cart is currently empty.</p>',
            '<meta property="og:type" content="article">',
        ),
    ),
    Page(
        "woocommerce",
        "account",
        "https://shop.example/my-account/",
        _woo(
            "page-template-default page page-id-9 woocommerce-account woocommerce-page",
            '<h1>My account</h1><input type="password" name="password">',
        ),
    ),
    Page(
        "woocommerce",
        "content",
        "https://shop.example/blog/how-to-wash-a-mug/",
        _woo(
            "post-template-default single single-post postid-12 single-format-standard",
            "<article><h1>How to wash a mug</h1></article>",
            _ld('{"@context":"https://schema.org","@type":"Article","headline":"How to wash a mug"}'),
        ),
    ),
    Page(
        "woocommerce",
        "error",
        "https://shop.example/gone/",
        _woo("error404 theme-storefront woocommerce-no-js", "<h1>Oops! That page can&rsquo;t be found.</h1>"),
    ),
    # an empty cart is drawn by the template of errors
    Page(
        "opencart",
        "cart",
        "https://shop.example/index.php?route=checkout/cart&language=en-gb",
        '<html><head><base href="https://shop.example/"><link href="catalog/view/stylesheet/stylesheet.css" rel="stylesheet"><script src="catalog/view/javascript/common.js"></script></head><body><main><div id="error-not-found" class="container"><h1>Shopping Cart</h1><p>Your shopping cart is empty!</p></div></main><p>Powered By <a href="https://www.opencart.com">OpenCart</a></p></body></html>',
        {"set-cookie": "OCSESSID=abc; path=/"},
    ),
    Page(
        "opencart",
        "home",
        "https://shop.example/index.php?route=common/home",
        _oc("common-home", '<div class="row">' + _cards(4, OC_CARD) + "</div>", "common-home"),
    ),
    Page(
        "opencart",
        "product",
        "https://shop.example/index.php?route=product/product&product_id=40",
        _oc("product-product", _OC_PRODUCT, "product-product-40"),
        {"set-cookie": "OCSESSID=ab; path=/"},
    ),
    Page(
        "opencart",
        "product",
        "https://shop.example/phones/phone",
        _oc("product-product", _OC_PRODUCT),
        {"set-cookie": "OCSESSID=ab; path=/"},
    ),
    Page(
        "opencart",
        "category",
        "https://shop.example/index.php?route=product/category&path=20_27",
        _oc(
            "product-category",
            '<h2>Phones</h2><select id="input-sort"></select><div class="row">' + _cards(6, OC_CARD) + "</div>",
            "product-category-20_27",
        ),
    ),
    Page(
        "opencart",
        "category",
        "https://shop.example/phones",
        _oc("product-category", '<h2>Phones</h2><div class="row">' + _cards(6, OC_CARD) + "</div>"),
    ),
    Page(
        "opencart",
        "search",
        "https://shop.example/index.php?route=product/search&search=phone",
        _oc("product-search", '<h1>Search - phone</h1><div class="row">' + _cards(6, OC_CARD) + "</div>"),
    ),
    Page(
        "opencart",
        "cart",
        "https://shop.example/index.php?route=checkout/cart",
        _oc("checkout-cart", "<h1>Shopping Cart</h1><p>Your shopping cart is empty!</p>"),
    ),
    Page(
        "opencart",
        "account",
        "https://shop.example/index.php?route=account/login",
        _oc("account-login", '<h2>Returning Customer</h2><input type="password" name="password">'),
    ),
    Page(
        "opencart",
        "content",
        "https://shop.example/about_us",
        _oc("information-information", "<h1>About Us</h1>", "information-information-4"),
    ),
    Page(
        "opencart",
        "error",
        "https://shop.example/gone",
        _oc("error-not-found", "<h1>The page you requested cannot be found!</h1>"),
    ),
    Page(
        "prestashop",
        "home",
        "https://shop.example/en/",
        _ps(
            "index",
            '<section id="content" class="page-home"><div class="products row">'
            + _cards(8, PS_CARD)
            + "</div></section>",
        ),
    ),
    Page(
        "prestashop",
        "product",
        "https://shop.example/en/art/3-13-poster.html#/19-dimension-40x60cm",
        _ps("product", _PS_PRODUCT, "product-id-3"),
    ),
    Page(
        "prestashop",
        "category",
        "https://shop.example/en/9-art?q=Size-S&order=product.price.asc",
        _ps(
            "category",
            '<h1>Art</h1><div class="products-sort-order"></div><p>There are 7 products.</p><div class="products row">'
            + _cards(7, PS_CARD)
            + "</div>",
        ),
    ),
    Page(
        "prestashop",
        "search",
        "https://shop.example/en/search?controller=search&s=poster",
        _ps("search", '<h2>Search results</h2><div class="products row">' + _cards(7, PS_CARD) + "</div>"),
    ),
    Page(
        "prestashop",
        "cart",
        "https://shop.example/en/cart?action=show",
        _ps("cart", '<h1>Shopping Cart</h1><span class="no-items">There are no more items in your cart</span>'),
    ),
    Page(
        "prestashop",
        "checkout",
        "https://shop.example/en/order",
        _ps("checkout", '<section id="checkout-personal-information-step"><h1>Personal Information</h1></section>'),
    ),
    Page(
        "prestashop",
        "account",
        "https://shop.example/en/login?back=my-account",
        _ps("authentication", '<h1>Log in to your account</h1><input type="password" name="password">'),
    ),
    Page(
        "prestashop",
        "content",
        "https://shop.example/en/content/4-about-us",
        _ps("cms", "<h1>About us</h1>", "cms-id-4"),
    ),
    Page(
        "volusion",
        "home",
        "https://shop.example/",
        _vol('<h2>Featured</h2><div class="v-product-grid">' + _cards(8, VOL_CARD) + "</div>"),
    ),
    Page("volusion", "product", "https://shop.example/Lamp-p/lamp-1.htm", _vol(_VOL_PRODUCT)),
    Page("volusion", "product", "https://shop.example/ProductDetails.asp?ProductCode=lamp-1", _vol(_VOL_PRODUCT)),
    Page(
        "volusion",
        "category",
        "https://shop.example/Lamps-s/121.htm",
        _vol('<h1>Lamps</h1><div class="v-product-grid">' + _cards(12, VOL_CARD) + "</div>"),
    ),
    Page(
        "volusion",
        "search",
        "https://shop.example/SearchResults.asp?Search=lamp",
        _vol('<div class="v-product-grid">' + _cards(12, VOL_CARD) + "</div>"),
    ),
    Page("volusion", "cart", "https://shop.example/ShoppingCart.asp", _vol("<h2>Your shopping cart is empty</h2>")),
    Page("volusion", "content", "https://shop.example/aboutus.asp", _vol("<h1>About us</h1>")),
]


def _own(main: str, head: str = "", body: str = "", nav: str = "") -> str:
    return f'<!doctype html><html lang="en"><head>{head}</head><body {body}><header><nav><a href="/">Home</a><a href="/basket">Basket</a>{nav}</nav><form action="/find"><input type="search" name="term"></form></header>{main}<footer><a href="/privacy">Privacy</a></footer></body></html>'


_TILE = (
    '<li><a href="/{n}-teapot"><img src="/i/{n}.jpg" alt="Teapot {n}"><h3>Teapot {n}</h3></a><p>&pound;{price}</p></li>'
)
_BUYABLE = _TILE.replace("</li>", '<button class="btn add-to-cart">Add to cart</button></li>')
_SIGN_UP = '<main><h1>New here?</h1><form><input name="email"><input type="password" name="pw"></form></main>'
_TAILWIND = '<div class="flex flex-col rounded-lg"><a class="block" href="/garden/chair-{n}"><img alt="" src="/{n}.webp"></a><div class="p-4"><div class="text-sm">Chair {n}</div><div class="font-bold">{price} €</div><button class="w-full bg-black">In den Warenkorb</button></div></div>'
_NEXT_CARD = '<div class="ProductGrid_cell__x1"><a href="/shop/skirt-{n}"><span>Skirt {n}</span><span>kr {price}</span></a></div>'
_LIST_LD = '{{"@type":"ListItem","position":{n},"url":"https://shop.example/item-{n}"}}'
_PRODUCT_LD = '{{"@context":"https://schema.org","@type":"Product","name":"Lamp {n}","url":"https://shop.example/lamp-{n}","offers":{{"@type":"Offer","price":"{price}","priceCurrency":"EUR"}}}}'

OWN_PAGES = [
    # addresses whose query names another page than the start page
    Page(
        "", "content", "https://shop.example/index.php?main_page=contact_us", _own("<main><h1>Contact us</h1></main>")
    ),
    Page("", "account", "https://shop.example/create_account.html", _own(_SIGN_UP)),
    Page(
        "", "account", "https://shop.example/user/password_forgotten.php", _own("<main><h1>Your password</h1></main>")
    ),
    Page("", "home", "https://shop.example/index.cfm", _own("<main><h1>Teapots and cups</h1></main>")),
    # what a header keeps for the cart on every page makes none of them a cart
    Page(
        "",
        "content",
        "https://shop.example/care-of-porcelain",
        _own(
            "<main><h1>Care of porcelain</h1></main>",
            nav='<form action="/checkout/shipping"><input type="hidden" name="card_qty[1]" value="1"></form><a href="/checkout/cart">View cart</a>',
        ),
    ),
    # one button of instalments beside those of many cards
    Page(
        "",
        "category",
        "https://shop.example/dj-equipment/laptop-stands",
        _own(
            "<main><h1>Laptop stands</h1><ul>"
            + _cards(18, _BUYABLE)
            + '</ul></main><div class="finance"><a class="btn" id="finance_add_to_cart" href="/basket">Pay in parts</a></div>'
        ),
    ),
    # a server-rendered shop without helpful class names
    Page(
        "",
        "home",
        "https://shop.example/",
        _own("<main><h1>Teapots and cups</h1><ul>" + _cards(8, _TILE) + "</ul></main>"),
    ),
    Page(
        "",
        "category",
        "https://shop.example/teapots",
        _own(
            '<main><h1>Teapots</h1><p>48 products</p><form><label>Sort by <select name="sort"><option>Price</option></select></label></form><ul>'
            + _cards(12, _TILE)
            + '</ul><nav class="pagination"><a href="?page=2">2</a></nav></main>'
        ),
    ),
    Page(
        "",
        "product",
        "https://shop.example/17-blue-teapot",
        _own(
            '<main><h1>Blue teapot</h1><p>&pound;29.00</p><form action="/basket" method="post"><input name="quantity" type="number" value="1"><button>Add to basket</button></form><h2>Related</h2><ul>'
            + _cards(4, _TILE)
            + "</ul></main>"
        ),
    ),
    Page("", "cart", "https://shop.example/basket", _own("<main><h1>Your basket</h1><p>It is empty.</p></main>")),
    Page(
        "",
        "search",
        "https://shop.example/search?q=teapot",
        _own("<main><h1>Results for teapot</h1><p>12 results</p><ul>" + _cards(12, _TILE) + "</ul></main>"),
    ),
    Page(
        "",
        "content",
        "https://shop.example/our-story",
        _own("<main><h1>Our story</h1><p>We have made teapots for £19.00 since 1900.</p></main>"),
    ),
    Page(
        "",
        "content",
        "https://shop.example/journal/tea-times",
        _own("<main><article><h1>Tea times</h1></article><ul>" + _cards(4, _TILE) + "</ul></main>"),
    ),
    # German, Tailwind, everything a div, an add button on every card
    Page(
        "",
        "category",
        "https://shop.example/garden",
        _own(
            '<main class="container"><h1>Gartenstühle</h1><div class="grid grid-cols-4">'
            + _cards(12, _TAILWIND)
            + "</div></main>"
        ),
    ),
    Page(
        "",
        "product",
        "https://shop.example/garden/chair-4",
        _own(
            '<main class="container"><div class="grid grid-cols-2"><div><img alt="" src="/4.webp"></div><div><h1 class="text-2xl">Stuhl</h1><div class="font-bold">129,00 €</div><button class="w-full bg-black">In den Warenkorb</button></div></div><div class="grid grid-cols-4">'
            + _cards(4, _TAILWIND)
            + "</div></main>"
        ),
    ),
    Page(
        "",
        "cart",
        "https://shop.example/warenkorb",
        _own(
            '<main><h1>Warenkorb</h1><table><tr><td>Stuhl</td><td><input name="qty[1]" value="1"></td><td>129,00 €</td></tr></table><a href="/kasse">Zur Kasse</a></main>'
        ),
    ),
    Page("", "checkout", "https://shop.example/kasse", _own("<main><h1>Kasse</h1></main>")),
    # JSON-LD says it, the address does not
    Page(
        "",
        "product",
        "https://shop.example/abc-123",
        _own("<main><h1>Lamp 7</h1><p>39 €</p></main>", _ld(_PRODUCT_LD.format(n=7, price="39"))),
    ),
    Page(
        "",
        "category",
        "https://shop.example/xyz",
        _own(
            "<main><h1>Lamps</h1><ul>" + _cards(8, _TILE) + "</ul></main>",
            _ld(
                '{"@context":"https://schema.org","@type":"ItemList","itemListElement":['
                + ",".join(_LIST_LD.format(n=n) for n in range(8))
                + "]}"
            ),
        ),
    ),
    Page(
        "",
        "category",
        "https://shop.example/lamps",
        _own(
            "<main><h1>Lamps</h1><ul>" + _cards(8, _TILE) + "</ul></main>",
            "".join(_ld(_PRODUCT_LD.format(n=n, price="39")) for n in range(8)),
        ),
    ),
    Page(
        "",
        "product",
        "https://shop.example/lamp-3",
        _own(
            '<main><h1>Lamp 3</h1><p>39 €</p></main><section class="related"><ul>'
            + _cards(5, _TILE)
            + "</ul></section>",
            "".join(_ld(_PRODUCT_LD.format(n=n, price="39")) for n in (1, 2, 3, 4)),
        ),
    ),
    # a headless shop that tells its tags
    Page(
        "",
        "product",
        "https://shop.example/shop/skirt-9",
        _own(
            '<main id="__next"><h1>Skirt</h1><span>kr 499</span><button data-testid="pdp-add-to-cart">Legg i handlekurv</button></main>',
            "<script>window.dataLayer=[{'pageType':'product','ecomm_prodid':'9'}]</script>",
        ),
    ),
    Page(
        "",
        "category",
        "https://shop.example/shop/skirts",
        _own(
            '<main id="__next"><h1>Skirts</h1><div class="ProductGrid_grid__z">'
            + _cards(9, _NEXT_CARD)
            + "</div></main>",
            '<script>dataLayer.push({"page_type": "category"})</script>',
        ),
    ),
    Page(
        "",
        "account",
        "https://shop.example/login",
        _own('<main><h1>Log in</h1><input type="email"><input type="password"></main>'),
    ),
    Page("", "content", "https://shop.example/privacy", _own("<main><h1>Privacy</h1></main>")),
    Page(
        "",
        "content",
        "https://shop.example/team",
        _own("<main><h1>Team</h1></main>", '<meta property="og:type" content="website">'),
    ),
    Page(
        "",
        "home",
        "https://shop.example/index.html",
        _own("<main><h1>Welcome</h1><ul>" + _cards(4, _TILE) + "</ul></main>"),
    ),
    Page(
        "",
        "home",
        "https://shop.example/de/",
        _own("<main><h1>Willkommen</h1><ul>" + _cards(8, _TILE) + "</ul></main>"),
    ),
    Page(
        "",
        "category",
        "https://shop.example/tv",
        _own(
            "<main><h1>Televisions</h1><p>80 products</p><ul>"
            + _cards(12, _TILE)
            + '</ul><nav class="pagination"><a href="?page=2">2</a></nav></main>'
        ),
    ),
    # old table layout
    Page(
        "",
        "product",
        "https://shop.example/product.php?product_id=77",
        _own(
            '<table><tr><td><h1>Old vase</h1><b>$15.00</b><form action="cart.php" method="post"><input name="qty" size="2"><input type="submit" value="Add to Cart"></form></td></tr></table>'
        ),
    ),
    Page(
        "",
        "category",
        "https://shop.example/category.php?cat_id=5",
        _own(
            "<h1>Vases</h1><table>"
            + _cards(6, '<tr><td><a href="product.php?product_id={n}">Vase {n}</a></td><td>${price}</td></tr>')
            + "</table>"
        ),
    ),
    Page(
        "",
        "product",
        "https://shop.example/bread/rye",
        _own(
            '<main itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Rye bread</h1><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price" content="4.20">4,20 €</span></div></main>'
        ),
    ),
]
