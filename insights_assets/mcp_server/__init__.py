"""The snapshots for language models, over the Model Context Protocol.

```
tools.py        the seven tools and the resource
  answers.py    what they answer: a few lines of markdown, the same facts as structured content
  strict_tool.py  a tool that refuses in one sentence what it does not understand
serving.py      on stdio, or over HTTP behind the read token
```
"""
