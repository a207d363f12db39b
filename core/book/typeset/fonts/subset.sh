#!/bin/sh
# Makes the fonts of the book from the Debian package fonts-noto-core
# (version 20201225-1), unpacked under $1, with pyftsubset of the Debian
# package fonttools. What the programme's languages are written in stays:
# Latin with the letters of Tamazight, Arabic, Tifinagh, and punctuation.
# Hints go, because print and screens of today do not use them.
set -eu
from="$1/usr/share/fonts/truetype/noto"
here="$(dirname "$0")"
subset() { # name, characters
	pyftsubset "$from/$1.ttf" --unicodes="$2" --layout-features='*' --layout-scripts='*' \
		--no-hinting --notdef-outline --name-IDs='0,1,2,3,4,5,6,13,14' --drop-tables+=DSIG,GDEF_,STAT,MATH \
		--output-file="$here/$1.ttf"
}
latin='U+0020-007E,U+00A0-017F,U+0181,U+0187,U+018E-0190,U+0192-0194,U+0198,U+01DD,U+01E6-01E7,U+0218-021B,U+0237,U+0249-025B,U+0263,U+0268,U+0294,U+02BB-02BF,U+02C6-02DD,U+0300-0331,U+1E00-1EFF,U+2000-2064,U+2070-208E,U+20AC,U+2116,U+2122,U+2190-2193,U+2212,U+2215,U+2260,U+2264-2265,U+25A0,U+25CB,U+25CF'
arabic='U+0020-0022,U+0025-0026,U+0028-002F,U+0030-003A,U+005B,U+005D,U+00A0,U+00AB,U+00BB,U+00B7,U+0600-06FF,U+0750-077F,U+08A0-08B4,U+200B-200F,U+2010-2026,U+202A-202E,U+2066-2069,U+25CC,U+FD3E-FD3F,U+FDF2,U+FDFC'
subset NotoSerif-Regular "$latin"
subset NotoSerif-Bold "$latin"
subset NotoSerif-Italic "$latin"
subset NotoNaskhArabic-Regular "$arabic"
subset NotoNaskhArabic-Bold "$arabic"
subset NotoSansTifinagh-Regular 'U+2D30-2D7F,U+0020,U+00A0,U+200B-200D'
