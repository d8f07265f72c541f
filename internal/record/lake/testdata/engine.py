"""Runs one SQL statement on an engine that Python brings along, over one Parquet file as the table "charges".

    engine.py chdb|spark FILE.parquet < statement.sql      rows as JSON lists, the names of the columns first
    engine.py parse DIALECT < statement.sql                reads the statement as that dialect
    engine.py start chdb|spark < /dev/null                 whether the engine starts at all

A value is null or a text; what an engine cannot do is its error and exit 1.
"""
import decimal
import json
import sys


def word(v):
    if v is None:
        return None
    return format(v, "f") if isinstance(v, decimal.Decimal) else str(v)


def show(names, rows):
    print(json.dumps(list(names)))
    for row in rows:
        print(json.dumps([word(v) for v in row]))


def start(engine, _):
    if engine == "spark":
        s = spark_session()
        s.sql("SELECT 1").collect()
        s.stop()
    else:
        from chdb import session
        session.Session().query("SELECT 1")


def chdb(path, statement):
    from chdb import session
    s = session.Session()
    s.query("CREATE DATABASE IF NOT EXISTS d")
    s.query("CREATE TABLE d.charges ENGINE = Memory AS SELECT * FROM file('%s', Parquet)" % path.replace("'", "\\'"))
    out = str(s.query(statement, "JSONCompactStringsEachRowWithNames")).splitlines()
    names = json.loads(out[0])
    rows = [json.loads(line) for line in out[1:]]
    show(names, [[None if v == "ᴺᵁᴸᴸ" else v for v in row] for row in rows])


def spark_session():
    from pyspark.sql import SparkSession
    s = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1")
         .config("spark.driver.host", "127.0.0.1").config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "2")
         .config("spark.driver.memory", "1g").getOrCreate())
    s.sparkContext.setLogLevel("ERROR")
    return s


def spark(path, statement):
    s = spark_session()
    s.read.parquet(path).createOrReplaceTempView("charges")
    frame = s.sql(statement)
    show(frame.columns, frame.collect())
    s.stop()


def parse(dialect, statement):
    import sqlglot
    sqlglot.parse_one(statement, read=dialect)


if __name__ == "__main__":
    kind, arg, text = sys.argv[1], sys.argv[2], sys.stdin.read()
    {"chdb": chdb, "spark": spark, "parse": parse, "start": start}[kind](arg, text)
