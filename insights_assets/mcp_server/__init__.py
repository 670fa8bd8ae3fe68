"""The snapshots for language models, over the Model Context Protocol.

```
tools.py    the four tools: a few lines of markdown, the same facts as structured content
serving.py  on stdio, or over HTTP behind the read token
```
"""
