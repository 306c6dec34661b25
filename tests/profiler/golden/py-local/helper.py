import requests
import app
