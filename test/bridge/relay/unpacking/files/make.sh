#!/bin/sh
# Makes the files of this folder anew, with the tools that schools have: gzip, Info-ZIP's zip, Python's
# zipfile and a JDK's jar. roster.csv is in all of them.
set -e
cd "$(dirname "$0")"
rm -f ./*.gz ./*.zip
work=$(mktemp -d)
roster=$PWD/roster.csv
cp roster.csv "$work/roster.csv"
cp roster.csv "$work/second.csv"
cp roster.csv "$work/roster.txt"
mkdir "$work/export" && cp roster.csv "$work/export/roster.csv"

gzip -n9c "$roster" > gzip.csv.gz
{ head -c 60 "$roster" | gzip -nc; tail -c +61 "$roster" | gzip -nc; } > gzip-two-members.csv.gz
{ cat gzip.csv.gz; head -c 512 /dev/zero; } > gzip-zeros-behind.csv.gz
{ cat gzip.csv.gz; printf 'and more'; } > gzip-trailing.csv.gz
{ cat gzip-zeros-behind.csv.gz; printf 'and more'; } > gzip-zeros-trailing.csv.gz
head -c -6 gzip.csv.gz > gzip-cut.csv.gz

cd "$work"
out=$(dirname "$roster")
zip -qX9 "$out/zip.zip" roster.csv
zip -qX0 "$out/zip-stored.zip" roster.csv
zip -qXr "$out/zip-in-folder.zip" export
cat roster.csv | zip -qX "$out/zip-streamed.zip" - && printf '@ -\n@=roster.csv\n' | zipnote -w "$out/zip-streamed.zip"
zip -qXfz "$out/zip-zip64.zip" roster.csv
zip -qX -P secret "$out/zip-encrypted.zip" roster.csv
zip -qX "$out/zip-two.zip" roster.csv second.csv
zip -qX "$out/zip-other-name.zip" roster.txt
jar --create --no-manifest --file "$out/jar.zip" roster.csv
head -c -10 "$out/zip.zip" > "$out/zip-cut.zip"
{ cat "$out/zip.zip"; printf 'and more'; } > "$out/zip-trailing.zip"
python3 - "$out" <<'PYTHON'
import sys, zipfile
out = sys.argv[1]
roster = open("roster.csv", "rb").read()
with zipfile.ZipFile(f"{out}/zip-macos.zip", "w", zipfile.ZIP_DEFLATED) as made:
    made.writestr("roster.csv", roster)
    made.writestr("__MACOSX/", b"")
    made.writestr("__MACOSX/._roster.csv", b"\0\5\26\7")
    made.writestr(".DS_Store", b"\0\0\0\1Bud1")
with zipfile.ZipFile(f"{out}/zip-bzip2.zip", "w", zipfile.ZIP_BZIP2) as made:
    made.writestr("roster.csv", roster)
with zipfile.ZipFile(f"{out}/zip-empty.zip", "w"):
    pass
# What Excel, Word, LibreOffice and Numbers keep a document in, as far as it shows what it is.
def document(name, *files, mimetype=None):
    with zipfile.ZipFile(f"{out}/{name}", "w", zipfile.ZIP_DEFLATED) as made:
        if mimetype:
            made.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for file in files:
            made.writestr(file, b"<xml/>")
office = ["[Content_Types].xml", "_rels/.rels", "docProps/app.xml"]
document("xlsx.zip", *office, "xl/workbook.xml", "xl/worksheets/sheet1.xml")
document("docx.zip", *office, "word/document.xml")
open_document = ["content.xml", "styles.xml", "META-INF/manifest.xml"]
of = "application/vnd.oasis.opendocument."
document("ods.zip", *open_document, mimetype=f"{of}spreadsheet")
document("odt.zip", *open_document, mimetype=f"{of}text")
document("numbers.zip", "Index/Document.iwa", "Index/Tables/Tile.iwa", "Metadata/Properties.plist")
whole = open(f"{out}/zip-stored.zip", "rb").read()
at = whole.index(b"Lee")
open(f"{out}/zip-damaged.zip", "wb").write(whole[:at] + b"Lea" + whole[at + 3:])
PYTHON
rm -r "$work"
