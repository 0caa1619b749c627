"""Writes what Hugging Face's tokenizers make of the texts below: run it in this folder.

    pip install tokenizers==0.23.3 && python make_golden.py

- tokenizer.json: an uncased BERT's, its small vocabulary trained on the texts.
- texts.json: each text, its ids, and its ids when it is truncated to 8.
- code_points.txt: for each block of 4096 code points the SHA-256 of the words that every one of
  them makes between letters, under each of the normaliser's options in `OPTIONS`.
"""

# ruff: noqa: RUF001 - letters that look like others are the point here

import hashlib
import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

# clean_text, handle_chinese_chars, strip_accents, lowercase
OPTIONS = [
    (True, True, True, True),
    (False, False, False, True),
    (False, True, True, False),
    (True, False, False, False),
]

SENTENCES = """
All human beings are born free and equal in dignity and rights.
Tous les êtres humains naissent libres et égaux en dignité et en droits.
Alle Menschen sind frei und gleich an Würde und Rechten geboren; STRASSE, Straße, GRÖẞE.
Todos los seres humanos nacen libres e iguales: ¿dónde? ¡Aquí! El niño comió piñas.
Wszyscy ludzie rodzą się wolni i równi; zażółć gęślą jaźń.
Všichni lidé se rodí svobodní, příliš žluťoučký kůň úpěl ďábelské ódy.
Tất cả mọi người sinh ra đều được tự do và bình đẳng.
İnsanlar ıssız dağlarda IŞIK ve İZMİR gördüler.
Όλοι οι άνθρωποι γεννιούνται ελεύθεροι· ΟΔΥΣΣΕΥΣ ὀδυσσεύς ᾳ ᾼ ῼ.
Все люди рождаются свободными и равными; ёлка, ЙОГУРТ, Їжак, ѝ.
Բոլոր մարդիկ ծնվում են ազատ ու հավասար։
ყველა ადამიანი იბადება თავისუფალი; ᲧᲕᲔᲚᲐ ადამიანი.
כל בני האדם נולדו בני חורין, וְשָׁוִים בְּעֶרְכָּם ״ציטוט״.
يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق؟ ١٢٣، ﷺ
تمام لوگ آزاد اور برابر پیدا ہوتے ہیں۔
سبھ ڄڃڇ ݐݑ ࢠࢡ
ހުރިހާ އިންސާނުން އުފަންވަނީ މިނިވަންކަމުގައެވެ
ܟܠ ܒܪܢܫܐ ܒܪܝܠܗ ܚܐܪܐ
सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता है। क़ ख़ ग़
সমস্ত মানুষ স্বাধীনভাবে জন্মগ্রহণ করে; ড় ঢ় য় কো কৌ
ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਜ਼ਾਦ ਹੈ
પ્રતિષ્ઠા અને અધિકારોની દૃષ્ટિએ સર્વ માનવો સમાન છે
ସମସ୍ତ ମନୁଷ୍ୟ ଜନ୍ମକାଳରୁ ସ୍ୱାଧୀନ
மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; கொ கோ கௌ
ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును సమానులు
ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ ಹುಟ್ಟಿದ್ದಾರೆ
മനുഷ്യരെല്ലാവരും സ്വതന്ത്രരായി ജനിച്ചിട്ടുള്ളവരാണ്
සියලු මනුෂ්‍යයෝ නිදහස්ව උපත ලබා ඇත
มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน
ມະນຸດທຸກຄົນເກີດມາມີກຽດ
འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས། གྷ ཌྷ
လူတိုင်းသည် တူညီလွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်
មនុស្សទាំងអស់កើតមកមានសេរីភាព
ᠬᠦᠮᠦᠨ ᠪᠦᠷ ᠲᠥᠷᠥᠵᠦ
የሰው፡ልጅ፡ሁሉ፡ሲወለድ፡ነጻ፡ነው።
ᏂᎦᏓ ᎠᏂᏴᏫ ꮒꭶꮣ
ᐃᓄᓕᒫᑦ ᐊᓂᖅᑎᕆᔪᑦ
人人生而自由，在尊严和权利上一律平等。「引用」《书》
すべての人間は、生まれながらにして自由であり、ガギグゲゴ パピプペポ ﾊﾟ。
모든 인간은 태어날 때부터 자유로우며 각 갂 힣 각 ㄱㄲ
ꀀꀁꀂ ꆈꌠ ⴰⵣⵓⵍ ߒߞߏ ꤀꤁ ꦱꦶꦠ꧀ ᬅᬓ᭄ᬱᬭ
𐐀𐐁𐐨 𐌰𐌱 𐎠 𒀀𒁀 𓀀𓀁 𝐀𝒃𝔠 𝟘𝟙 𞤀𞤢 𑀅𑀆 𐩠 𞄀𞄰
""".strip().split("\n")

ODD = [
    "",
    " ",
    "\t\n\r ",
    "a",
    "A b\tC\nd\r\ne",
    "tab\u000bvertical\u000cfeed\u0085next\u2028line\u2029paragraph",
    "no\u00a0break\u2007figure\u202fnarrow\u3000wide\u1680ogham\u180emongolian",
    "zero\u200bwidth\u200cnon\u200djoiner\ufeffmark\u2060word\u00adsoft",
    "\u200e\u200fright\u202ato\u202bleft\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\x00\x01\x02a\x1bb\x7fc\x80d\x9fe",
    "\ufffd\ufffe\uffffa\ufff9b",
    "\ue000\uf8ff private \U000f0000 use",
    "can't won't it's 'quoted' \u2018single\u2019 \u201cdouble\u201d",
    "a+b=c a<b a>b a|b a~b a^b `a` $5 €5 £5 ¥5 a¬b",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "¡§«¶·»¿;·՚،؛؟٪।॥෴๏፡‐‑–—―‖‗†‡•…‰‱′″‴※‼‽⁇⁈⁅⁆⁽⁾₍₎〈〉❨❩⟦⟧⦃⦄⸨⸩、。〈〉《》「」﹏﹐！＃（），－．／：；？＠［］＿｛｝～",
    "hello##world ##hello # ## ###",
    "e\u0301 e\u0327\u0301 \u0301 \u0301a a\u0301\u0302\u0303\u0304b \u212b \u2126 \u212a",
    "\u1e69 s\u0323\u0307 s\u0307\u0323 \u1e9b\u0323 \ufb01 \ufb03 \u0149 \u01c4\u01c5\u01c6",
    "a\u20dd b\u20e3 1\ufe0f\u20e3 \u2764\ufe0f \u2764\ufe0e \ufe0f \U000e0101",
    "\u302e\u302f \u302f\U0001d165 \U0001d165\u302f \u1b44\u302f\u1baa \u08d4\u302f\u1b44 x",
    "a\u302e\ufe0f\u1b44 a\u302e\u0300\u1b44 a\u302e\u200d\u1b44",
    "\U0001d15e\U0001d160 \U0001d1bb \U0001f1e9\U0001f1ea \U0001f468\u200d\U0001f469\u200d\u2640",
    "\U0001f600\U0001f44d\U0001f3fd\U0001f3f3\ufe0f\u200d\U0001f308 ok",
    "中文English混排123测试",
    "㐀㿿一鿿豈﫿𠀀𪛟𪜀𫜿𫝀𫠝𫠠𫤠𬺯丽𪘀 々〇〡ㄅㄆ",
    "가각갂갃 \u1100\u1161\u11a8 \u1161 \u11a8",
    "I\u0130i\u0131 \u1e9e\u00df \u03a3\u03c3\u03c2 \u01c5 \u0345 \u1fb3 \u2160\u2170 \u24b6\u24d0",
    "\u1c89\ua7cb\ua7cc\ua7da\ua7dc \U00010d50 \U00016ea0 \U00011938 \U000105c9",
    "\ufdfa \ufdfb ㍿ ㎏ ① ½ ² ₂ ™ ℡ ㋿",
    "[CLS]",
    "[SEP][SEP]",
    "[cls] [Cls] [CLS ] [ CLS] [CLS[SEP]",
    "a [MASK] b[MASK]c [UNK] d[PAD]",
    "[MASK",
    "[[MASK]]",
    "e\u0301[SEP]\u0301e",
    "\u302f[SEP]\u1b44",
    "[CLS]\u200b[SEP]",
    "http://example.com/a_b?c=d&e=f#g user@example.com +49-123 3.14 1,000,000 10% C++ #tag @you",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "a" + "é" * 98 + "b and after",
    "한" * 33 + " " + "한" * 34,
    "é" * 100 + " " + "e\u0301" * 101,
    "ſ" * 101 + "-" + "q" * 300 + " end",
    "\u302e" * 99 + "a " + "\u302e" * 101 + " \u302e\u1b44" * 3,
    "free" * 25 + " " + "free" * 26,
    "free equal " * 200,
    "\u0000" * 500 + "equal" + "\u0301" * 500 + "rights",
]


def some_of_each_script() -> Iterator[str]:
    """Words of random letters and marks from each block of 128 that has any."""
    draw = random.Random(20)
    for block in range(0, 0x20000, 128):
        known = [
            chr(c)
            for c in range(block, block + 128)
            if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")
        ]
        if len(known) < 8 or 0x3400 <= block < 0xA000 or 0xAC80 <= block < 0xD780:
            continue
        words = ("".join(draw.choices(known, k=draw.randint(1, 6))) for _ in range(5))
        yield " ".join(words)


def uncased_bert(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(True, True, None, True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=2500, limit_alphabet=1200, special_tokens=SPECIAL, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(end, tokenizer.token_to_id(end)) for end in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def code_points() -> Iterator[str]:
    tables = [normalizers.BertNormalizer(*options) for options in OPTIONS]
    split = pre_tokenizers.BertPreTokenizer()
    for block in range(0, 0x110000, 4096):
        chars = [chr(c) for c in range(block, block + 4096) if not 0xD800 <= c < 0xE000]
        digests = []
        for table in tables:
            digest = hashlib.sha256()
            for c in chars:
                normalized = table.normalize_str(f"a{c}b\u302f{c}")
                words = [word for word, _ in split.pre_tokenize_str(normalized)]
                digest.update((" ".join(words) + "\n").encode())
            digests.append(digest.hexdigest())
        yield f"{block:06x} {' '.join(digests)}\n"


def main() -> None:
    texts = ODD + SENTENCES + list(some_of_each_script())
    tokenizer = uncased_bert(texts)
    whole = [tokenizer.encode(text).ids for text in texts]
    # A padding and a truncation as MiniLM's file has them, which must have no effect.
    tokenizer.enable_truncation(8)
    short = [tokenizer.encode(text).ids for text in texts]
    tokenizer.enable_truncation(128)
    tokenizer.enable_padding(length=128)
    tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
    rows = [
        {"text": text, "ids": ids, "first_8": first}
        for text, ids, first in zip(texts, whole, short, strict=True)
    ]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (HERE / "texts.json").write_text(f"[\n{lines}\n]\n")
    (HERE / "code_points.txt").write_text("".join(code_points()))
    print(f"{len(rows)} texts, {sum(map(len, whole))} ids")


if __name__ == "__main__":
    main()
