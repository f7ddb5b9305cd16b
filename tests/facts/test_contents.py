"""Facts of the main part: what it says is not there, in the words of many shops."""

from __future__ import annotations

import pytest

from auditor.evidence.document import Document
from auditor.facts.contents import Contents, contents, says_nothing


def of(text: str) -> Contents:
    return contents(
        Document(f"<html><body><main><p>{text}</p></main></body></html>", "https://shop.example/", rendered=False)
    )


@pytest.mark.parametrize(
    "words",
    [
        "Page not found", "The product could not be found", "404 error: page not found", "ERROR 404", "404 Error",
        "The page you requested does not exist", "Product is no longer available", "This item no longer exists",
        "The item was not found", "This product is not available anymore", "We can’t find the page", "Could not find this product",
        "That page can’t be found", "Whoops, our bad", "Seite wurde nicht gefunden", "Seite existiert nicht",
        "Produkt ist nicht mehr verfügbar", "PRODUKT NICHT GEFUNDEN", "Page introuvable", "PAGE NON TROUVÉE",
        "Cette page n’existe pas", "Produit introuvable", "Página no encontrada", "Pagina non trovata", "Pagina niet gevonden",
        "Página não encontrada", "Nie znaleziono strony", "Sidan hittades inte",
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(words: str) -> None:
    assert of(words).not_there


@pytest.mark.parametrize(
    "words",
    [
        "We can’t find products matching the selection.", "No products were found", "NO PRODUCTS AVAILABLE YET in this shelf",
        "There are currently no products listed", "Sorry, there is no item available", "This category is empty",
        "This collection has no products", "0 products found", "No items found", "Stay tuned! More products will be shown here",
        "Keine Produkte gefunden", "Es wurden keine Artikel gefunden", "Aucun produit", "No hay productos",
        "No se han encontrado productos", "No se encontraron productos", "Nessun prodotto trovato", "Geen producten beschikbaar",
        "Nenhum produto encontrado", "Inga produkter", "Ingen produkter", "Brak produktów",
    ],
)  # fmt: skip
def test_what_says_that_a_list_is_empty_is_told(words: str) -> None:
    assert of(words).nothing
    assert says_nothing(Document(f"<main>{words}</main>", "https://shop.example/", rendered=False))


@pytest.mark.parametrize("words", ["We found a page for you", "404 lamps", "Products you find here exist"])
def test_other_words_are_none_of_it(words: str) -> None:
    assert not of(words).not_there
    assert not of(words).nothing
