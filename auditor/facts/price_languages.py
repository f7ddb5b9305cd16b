"""Facts about the words around a price in the languages of further markets; price_words puts them beside its own.

Czech, Slovak, Hungarian, Romanian, Greek, Turkish, Japanese, Korean, Chinese, Arabic, Hebrew, Finnish, Norwegian, Russian, Ukrainian,
Bulgarian, Croatian; Polish where a theme's own labels were missing. What stands on a price that is not reduced too is `REGULAR`.
"""

from __future__ import annotations

FROM = (
    "již od", "cena od", "cenu? od", "ár(?:unk)?(?:tól)?", "начиная с", "від", "λιανική από", "החל מ-?", "ابتداء[ًا]* من", "يبدأ من", "من",
)  # fmt: skip
FROM_AFTER = r"(?:〜|～|~)(?!\s?[¥￥₩\d])|から|부터|起(?!售)|-t[óő]l(?!\w)|['’][dt][ae]n başlayan"
WAS = (
    "původn[íě](?: cena)?", "doporučená(?: prodejní)? cena", "stará cena", "cena před slevou", "pôvodn[áe](?: cena)?", "odporúčaná(?: predajná)? cena", "pred zľavou",
    "namiesto", "stara cena", "poprzednia cena", "eredeti ár", "régi ár", "listaár", "korábbi ár", "ajánlott(?: fogyasztói)? ár", "akció előtti ár", "p\\.?r\\.?p\\.?",
    "pre[tțţ](?:ul)? (?:vechi|ini[tțţ]ial|anterior|recomandat|de listă)", "αρχική τιμή", "παλιά τιμή", "προηγούμενη τιμή", "προτεινόμενη(?: λιανική)? τιμή", "π\\.?λ\\.?τ\\.?",
    "eski fiyat[ıi]?", "liste fiyat[ıi]", "orijinal fiyat[ıi]?", "önceki fiyat[ıi]?", "piyasa fiyat[ıi]", "メーカー希望小売価格", "希望小売価格", "参考価格", "元の価格",
    "旧価格", "値下げ前(?:価格)?", "セール前(?:価格)?", "기존 ?가격?", "원래 ?가격", "할인 ?전(?: ?가격)?", "原價", "原价", "建議售價", "建议零售价", "建議零售價", "市場價", "市场价",
    "السعر (?:السابق|القديم|الأصلي|قبل الخصم)", "بدلا?ً?ا? من", "كان", "במקום", "מחיר (?:קודם|מקורי|לפני הנחה)", "ovh", "suositushinta", "aiemmin", "aiempi hinta",
    "alkuperäinen hinta", "ennen", "старая цена", "прежняя цена", "было", "цена (?:до|без) скидки", "рекомендованная цена", "ррц", "первоначальная цена", "стара ціна",
    "попередня ціна", "було", "ціна до знижки", "стара цена", "предишна цена", "беше", "stara cijena", "prijašnja cijena", "redna cena",
)  # fmt: skip
REGULAR = (
    "běžná cena", "standardní cena", "bežná cena", "cena podstawowa", "normál ár", "pre[tțţ] (?:normal|întreg|de bază)", "κανονική τιμή", "normal fiyat[ıi]?", "satış fiyatı", "通常価格",
    "定価", "정상 ?가격?", "정가", "소비자 ?가격?", "定價", "定价", "常规价格", "一般價格", "正常价格", "السعر العادي", "سعر عادي", "מחיר רגיל", "מחיר מחירון",
    "norm\\.?", "normaalihinta", "ordinær pris", "vanlig pris", "обычная цена", "звичайна ціна", "редовна цена", "обичайна цена", "redovna cijena", "mpc",
)  # fmt: skip
NOW = (
    "zvýhodněná cena", "akční cena", "cena po slevě", "naše cena", "nyní", "teď", "zvýhodnená cena", "akciová cena", "cena po zľave", "naša cena", "teraz", "nowa cena", "akciós ár",
    "kedvezményes ár", "új ár", "most(?: csak)?", "pre[tțţ](?:ul)? (?:nou|redus|special|promo[tțţ]ional)", "acum", "τώρα", "τελική τιμή", "τιμή προσφοράς", "ειδική τιμή",
    "[iİ]ndirimli fiyat[ıi]?", "kampanya fiyat[ıi]", "şimdi", "セール価格", "販売価格", "特価", "特別価格", "当店価格", "割引(?:後)?価格", "판매 ?가격?", "할인(?:된)? ?가격?(?=[\\s:₩\\d])", "세일 ?가격?",
    "특가", "현재 ?가격", "特價", "特价", "優惠價", "优惠价", "(?<!建議)(?<!零)售價", "(?<!建议)(?<!零)售价", "促銷價", "促销价", "現價", "现价", "سعر (?:البيع|العرض|التخفيض|خاص)", "السعر (?:الحالي|بعد الخصم)",
    "الآن", "מחיר (?:מבצע|סופי|מיוחד|נוכחי)", "עכשיו", "nyt", "tarjoushinta", "alennettu hinta", "nå", "tilbudspris", "salgspris", "kampanjpris", "сейчас", "цена со скидкой",
    "акционная цена", "новая цена", "специальная цена", "зараз", "акційна ціна", "нова ціна", "ціна зі знижкою", "промо(?:ционална)? цена", "нова цена", "сега", "akcijska cijena",
    "nova cijena", "sada",
)  # fmt: skip
SAVING = (
    "zniżka",     "ušetřete", "ušetríte", "zľava", "megtakarítás\\w*", "megtakarítasz", "kedvezmény", "economise[sșş]ti", "economisi[tțţ]i", "economie", "reducere", "κερδίζε(?:ις|τε)", "έκπτωση", "όφελος",
    "kazanc\\w*", "kazanç", "[iİ]ndirim", "お得", "割引(?!価格|後)", "値引き?", "할인(?!된|가|전| ?가격)", "立省", "現省", "现省", "節省", "节省", "(?<![\\u4e00-\\u9fff])省(?![\\u4e00-\\u9fff])", "折扣", "وف[ّ]?ر", "خصم", "توفير",
    "חסכת", "חיסכון", "הנחה", "säästät", "säästö", "alennus", "скидка", "(?:вы )?экономите", "экономия", "выгода", "знижка", "економія", "спестявате", "отстъпка", "ušteda", "uštedite", "popust",
)  # fmt: skip
OFF_AFTER = r"[iİ]ndirim(?!li)|kazanç|お得|OFF|オフ|割引|引き?|할인|折扣|kedvezmény|megtakarítás|alennus|скидк[аи]|знижк[аи]|отстъпка|popusta?|zľav[ay]|έκπτωση|خصم|הנחה"
INSTALMENT = (
    r"taksit\w*|splátk\w*|splátok|részlet\w*|rate de|δόσεις|ατόκως|תשלומים|דפעות|دفعات|أقساط|قس[ّ]?ط\w*|قسّمها|تابي|تمارا|할부|무이자|分割|回払い|期零利率|每期|分期|рассрочк\w*|частинами|частями|"
    r"na raty|obroka|вноск\w+"
)
MONTHLY_BEFORE = r"(?:月々|毎月|每月|월|aylık|havonta|měsíčně|mesačně|mesačne|kuukausimaksu|в месяц|на месец)\s{0,2}(?:från|od|約)?\s{0,2}$"
MONTHLY_AFTER = (
    r"mesiac\w*|mesačne|měsíčně|měs\.?|hó(?:nap)?|havonta|lun[aăi]\w*|μήνα|ay(?:da)?|kk|kuukausi|mnd\.?|måned\w*|мес\w*\.?|міс\w*\.?|mjesec\w*|mj\.?|شهري?ا?|חודש|月|개월"
)  # fmt: skip
SHIPPING = (
    "szállít\\w*", "kiszállít\\w*", "livrar\\w+", "transport\\w*", "μεταφορικά", "αποστολή\\w*", "παράδοση\\w*", "kargo\\w*", "teslimat\\w*", "(?:配)?送料", "배송(?:비|료)?", "運費", "运费", "免運", "包邮",
    "(?:ال)?شحن", "(?:ال)?توصيل", "משלוח\\w*", "toimitus\\w*", "postikulut", "rahti", "доставк\\w+", "dostav\\w+",
)  # fmt: skip
SHIPPING_AFTER = r"(?:以上|이상|이상 구매).{0,12}(?:送料|무료|배송)|(?:ve )?üzeri\w*.{0,20}(?:kargo|teslimat)|felett\w*.{0,20}szállít|以上.{0,4}免[運运]|(?:以上)?免[運运]"
VOUCHER = (
    "ポイント",
    "적립금?",
    "포인트",
    "紅利",
    "積分",
    "积分",
    "puan",
    "hűségpont\\w*",
    "věrnostní\\w*",
    "dárkový poukaz\\w*",
    "бонус\\w*",
)
LOWEST = (
    "najnižšia cena(?: \\w+){0,5}", "legalacsonyabb ár\\w*", "cel mai mic pre[tțţ](?: \\w+){0,6}", "χαμηλότερη τιμή(?: \\w+){0,4}", "en düşük fiyat\\w*", "alin hinta(?: \\w+){0,4}",
    "laveste pris(?: \\w+){0,4}", "най-ниска(?:та)? цена(?: \\w+){0,6}", "najniža cijena(?: \\w+){0,6}", "самая низкая цена(?: \\w+){0,4}", "най-?нижча ціна(?: \\w+){0,4}", "najnižja cena(?: \\w+){0,5}",
)  # fmt: skip
CONDITIONAL = (
    "sepette",
    "会員価格",
    "회원가",
    "會員價",
    "会员价",
    "členská cena",
    "klubová cena",
    "hűségár",
    "цена по карте",
)
UNIT_BEFORE = r"\d\s?(?:g|kg|ml|l|m|個|枚|本)\s?(?:あたり|当たり|당)[^\d]{0,6}|(?<!\w)(?:egységár|birim fiyat[ıi]?|jednotková cena|měrná cena|preț unitar|yksikköhinta|単価|단가)(?!\w)[^\d]{0,20}"
UNIT_AFTER = r"г|гр|кг|мл|л|м|κιλό|κιλ|λίτρο|adet|100 ?g"
WITHOUT_TAX = (
    r"(?:fără|χωρίς|без|bez|ללא|לפני)\s(?:TVA|ΦΠΑ|ДДС|НДС|ПДВ|PDV(?:-?[ao]m?)?|DDV|מע[\"״']?מ)|eks\.?\s?mva|kdv (?:hariç|haric)|alv\.? ?0 ?%|(?<!\w)nettó|غير شامل\w*\s.{0,8}ضريبة|税抜|税別|"
    r"(?:세금|부가세|VAT) ?(?:별도|제외)|未[稅税]|不含[稅税]"
)
WITH_TAX = (
    r"(?<!\w)(?:με|с|з|sa?|כולל)\s(?:ΦΠΑ|ДДС|НДС|ПДВ|PDV(?:-?om)?|DDV|מע[\"״']?מ)|(?<!\w)sis\.? ?alv|kdv (?:dahil)|ink[l]?\.? ?mva|(?<!\w)bruttó|(?<!غير )شامل\w*\s.{0,8}ضريبة|税込|"
    r"(?:세금|부가세|VAT) ?포함|(?<![不未])含[稅税]"
)
