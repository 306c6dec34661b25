import locale
from zoneinfo import ZoneInfo
from PIL import ImageFont

locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
locale.setlocale(locale.LC_ALL, "")
locale.setlocale(locale.LC_ALL, "C.UTF-8")
ZoneInfo("Europe/Berlin")
ZoneInfo("UTC")
ImageFont.truetype("DejaVuSans.ttf", 12)
ImageFont.truetype("/usr/share/fonts/truetype/lato/Lato-Bold.ttf", 12)
ImageFont.truetype("fonts/own.ttf", 12)
