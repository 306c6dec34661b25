INSTALLED_APPS = [
    "django.contrib.admin",
    "polls",
    "rest_framework",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "x",
    }
}
