"""Facts about the words by which shops say that a product is sold out, that a list is empty, and that a page is not there."""

from __future__ import annotations

# In the platforms' own translations and the themes'; in small letters
SOLD_OUT = (
    "sold out", "sold-out", "soldout", "out of stock", "currently unavailable", "temporarily out of stock", "ausverkauft", "nicht vorrätig", "nicht auf lager", "nicht lieferbar",
    "vergriffen", "épuisé", "epuisé", "en rupture de stock", "en rupture", "rupture de stock", "agotado", "sin existencias", "fuera de stock", "esaurito", "non disponibile", "uitverkocht",
    "niet op voorraad", "esgotado", "fora de estoque", "slutsåld", "slut i lager", "udsolgt", "ikke på lager", "utsolgt", "loppuunmyyty", "loppu varastosta", "ei varastossa", "wyprzedany", "wyprzedane",
    "brak w magazynie", "produkt niedostępny", "vyprodáno", "není skladem", "vypredané", "nie je skladom", "elfogyott", "nincs készleten", "nincs raktáron", "stoc epuizat", "epuizat", "indisponibil",
    "εξαντλήθηκε", "εξαντλημένο", "μη διαθέσιμο", "tükendi", "stokta yok", "stokta kalmadı", "売り切れ", "在庫切れ", "在庫なし", "完売", "품절", "일시품절", "매진", "售罄", "已售完", "缺貨", "缺货", "無庫存",
    "نفد من المخزون", "نفدت الكمية", "نفذت الكمية", "غير متوفر", "נגמר המלאי", "אזל המלאי", "אזל מהמלאי", "לא במלאי", "нет в наличии", "распродано", "немає в наявності", "розпродано", "изчерпано", "няма в наличност",
    "rasprodano", "nema na zalihi", "razprodano", "ni na zalogi", "išparduota", "izpārdots", "läbi müüdud", "hết hàng", "สินค้าหมด", "habis", "stok habis",
)  # fmt: skip
NOT_THERE = (
    r"stránka (?:nebyla )?nenalezena|stránka neexistuje|stránk[au] (?:sa nenašla|nebola nájdená)|az oldal nem található|pagina nu (?:a fost găsită|există)|η σελίδα δεν (?:βρέθηκε|υπάρχει)|sayfa bulunamadı"
    r"|sivua ei löyd?yt?(?:nyt)?|siden (?:ble ikke funnet|finnes ikke|blev ikke fundet|findes ikke)|страница не найдена|сторінку не знайдено|страницата не (?:е|беше) намерена|stranica nije pronađena"
    r"|strona nie istnieje|strony nie znaleziono|الصفحة غير موجودة|لم يتم العثور على الصفحة|ה?עמוד (?:לא נמצא|אינו קיים|המבוקש לא נמצא)"
)
NOT_THERE_UNSPACED = r"ページが(?:見つかりません|存在しません)|페이지를 찾을 수 없|找不到(?:該|该|此)?(?:頁面|页面|網頁|网页)|(?:頁面|页面)不存在"
NOT_THERE_SIGNS = (
    "nenalezena", "neexistuje", "nenašla", "nájdená", "nem található", "nu a fost", "nu există", "δεν ", "bulunamad", "ei löyd", "ei löyt", "ikke f", "не найден", "не знайд", "намерена",
    "nije pron", "nie istnieje", "nie znaleziono", "غير موجود", "العثور", "נמצא", "אינו קיים", "見つかりません", "存在しません", "찾을 수 없", "找不到", "不存在",
)  # fmt: skip
NOTHING = (
    r"nebyly nalezeny žádné (?:produkty|položky)|nemůžeme najít produkty|žádné produkty|neboli nájdené žiadne produkty|žiadne produkty|nie znaleziono produktów|nincsenek termékek|nincs megjeleníthető termék"
    r"|nem található termék|nu (?:au fost găsite|există) produse|niciun produs|δεν βρέθηκαν προϊόντα|ürün bulunamadı|hiç ürün yok|tuotteita ei löytynyt|товар(?:ы|ов) не найден\w*|нет товаров|товарів не знайдено"
    r"|немає товарів|няма (?:намерени )?продукти|nema proizvoda|nisu pronađeni proizvodi|لا توجد منتجات|لم يتم العثور على (?:أي )?منتجات|לא נמצאו מוצרים|אין מוצרים"
)
NOTHING_UNSPACED = r"(?:該当する)?商品[がは](?:見つかりません|ありません|登録されていません)|(?:등록된 )?(?:상품|제품)이 (?:없습니다|없어요)|(?:沒有|没有)(?:找到)?(?:任何|符合條件的|相关)?(?:商品|产品|產品)"
NOTHING_SIGNS = (
    "nalezeny", "najít", "žádné prod", "žiadne prod", "nie znaleziono", "nincs", "nem található", "nu au fost", "nu există", "niciun", "προϊόντα", "ürün", "ei löytynyt", "товар", "продукти",
    "proizvod", "منتجات", "מוצרים", "商品", "상품이", "제품이", "产品", "產品",
)  # fmt: skip
