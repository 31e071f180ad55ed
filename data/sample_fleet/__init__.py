"""The made-up lender behind the bundled sample: its market, its fleet and its desk.

Each module holds one idea and hands a polars frame to the next; ``generate.py`` beside this
folder writes them out. Nothing here is imported by the product.
"""
