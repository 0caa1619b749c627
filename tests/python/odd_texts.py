"""Texts that encoders stumble over: twenty scripts, and what is in no script."""

# ruff: noqa: RUF001  the ambiguous letters are what is tested

SCRIPTS = {
    "latin": "Straße, naïve café, ÅNGSTRÖM, İstanbul, Łódź and cafe\u0301",
    "greek": "Η γρήγορη καφέ αλεπού πηδάει πάνω από τον σκύλο",
    "cyrillic": "Съешь же ещё этих мягких французских булок",
    "armenian": "Բոլոր մարդիկ ծնվում են ազատ ու հավասար",
    "georgian": "ყველა ადამიანი იბადება თავისუფალი",
    "hebrew": "כל בני האדם נולדו בני חורין",
    "arabic": "يولد جميع الناس أحراراً متساوين",
    "syriac": "ܟܠ ܒܪܢܫܐ ܒܪܝܠܗ ܚܐܪܐ",
    "devanagari": "सभी मनुष्यों को गौरव और अधिकारों",
    "bengali": "সমস্ত মানুষ স্বাধীনভাবে জন্মগ্রহণ করে",
    "gurmukhi": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ",
    "tamil": "மனிதப் பிறிவியினர் சகலரும்",
    "telugu": "ప్రతిపత్తిస్వత్వముల విషయమున",
    "thai": "มนุษย์ทั้งหลายเกิดมามีอิสระ",
    "tibetan": "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ",
    "ethiopic": "የሰው፡ልጅ፡ሁሉ፡ሲወለድ፡ነጻና",
    "khmer": "មនុស្សទាំងអស់កើតមកមានសេរីភាព",
    "hangul": "모든 인간은 태어날 때부터 자유로우며",
    "kana": "すべての人間は、生まれながらにして カタカナ ﾊﾝｶｸ",
    "han": "人人生而自由,在尊严和权利上一律平等。",
}

ODD = [
    "",
    " \t\n\u00a0\u3000",
    ".",
    "a",
    "[CLS] not [SEP] a [MASK] special [PAD] token [UNK]",
    "zero\u200bwidth\u200djoiner \ufeffmark and soft\u00adhyphen",
    "control \x00\x01\x7f\x85 characters\ufffd",
    "emoji 👩‍👩‍👧‍👦 🇺🇳 ☃️",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "ﬁ ligature, ㎏, Ⅷ, ½, 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "don't -- can't... won't?! #tag @name https://example.com/a?b=c&d",
    "word " * 400,
    "datetime.datetime.strptime(date_string, format)",
]

ALL = [*SCRIPTS.values(), *ODD]
