"""Writes the tables of Unicode's normalization forms that are built into the library, from python's own Unicode data:
usage: python3 unicode_forms.py FOLDER

CompatibilityDecomposition.txt: FIRST[-LAST]=TO+TO: code points and their full compatibility decomposition where it is
not the canonical one; in a range each next code point decomposes into the next letter.
CompositionExclusions.txt: code points that decompose into two but are never composed again.
"""
import sys
import unicodedata

LINE = 120


def ranges(codes):
    found = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def compatibility():
    found = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or 0xAC00 <= code < 0xD7A4:
            continue
        full = [ord(letter) for letter in unicodedata.normalize("NFKD", chr(code))]
        if full == [ord(letter) for letter in unicodedata.normalize("NFD", chr(code))]:
            continue
        last = found[-1] if found else None
        if last and last[1] == code - 1 and len(full) == 1 == len(last[2]) and full[0] == last[2][0] + code - last[0]:
            last[1] = code
        else:
            found.append([code, code, full])
    return [span(first, last) + "=" + "+".join(f"{letter:X}" for letter in full) for first, last, full in found]


def exclusions():
    def excluded(code):
        parts = unicodedata.decomposition(chr(code)).split()
        return len(parts) == 2 and parts[0][0] != "<" and unicodedata.normalize("NFC", chr(code)) != chr(code)
    return [span(*pair) for pair in ranges([code for code in range(0x110000) if excluded(code)])]


def span(first, last):
    return f"{first:X}" if first == last else f"{first:X}-{last:X}"


def write(path, about, entries):
    lines = [f"# Unicode {unicodedata.unidata_version.rsplit('.', 1)[0]}, UnicodeData.txt (Unicode License v3): {about}"]
    line = ""
    for entry in entries:
        if line and len(line) + 1 + len(entry) > LINE:
            lines.append(line)
            line = ""
        line = entry if not line else line + " " + entry
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write("\n".join(lines + [line]) + "\n")


if __name__ == "__main__":
    folder = sys.argv[1]
    write(folder + "/CompatibilityDecomposition.txt", "full compatibility decompositions that are not the canonical "
          "ones.\n# FIRST-LAST=TO: each next code point decomposes into the next letter.", compatibility())
    write(folder + "/CompositionExclusions.txt", "pairs that canonical composition leaves apart.", exclusions())
