import os
from sqlalchemy import *
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine
import peewee

user = os.environ["USER"]
create_engine("sqlite:///local.db")
create_engine(f"mysql+pymysql://{user}@db/x")
create_engine(os.environ.get("DATABASE_URL", "postgresql://db/x"))
create_engine(url=URL.create("mssql+pyodbc", host="x"))
create_async_engine("postgresql+asyncpg://db/x")
peewee.SqliteDatabase("x.db")
peewee.PostgresqlDatabase("x")
