namespace MirrorTools.Engine.Caching;

/// <summary>Pages in an order, linked through <see cref="CachedPage.Next"/> and <see cref="CachedPage.Previous"/>. A page is in one list at most.</summary>
internal struct PageList()
{
    /// <summary>The first page's slot; -1 where the list is empty.</summary>
    public int First { get; private set; } = -1;

    /// <summary>The last page's slot; -1 where the list is empty.</summary>
    public int Last { get; private set; } = -1;

    /// <summary>How many pages are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a page at the end.</summary>
    public void Append(PageTable table, int slot)
    {
        ref CachedPage page = ref table[slot];
        (page.Previous, page.Next) = (Last, -1);
        if (Last < 0)
        {
            First = slot;
        }
        else
        {
            table[Last].Next = slot;
        }

        Last = slot;
        Count++;
    }

    /// <summary>Takes a page out.</summary>
    public void Remove(PageTable table, int slot)
    {
        ref CachedPage page = ref table[slot];
        if (page.Previous < 0)
        {
            First = page.Next;
        }
        else
        {
            table[page.Previous].Next = page.Next;
        }

        if (page.Next < 0)
        {
            Last = page.Previous;
        }
        else
        {
            table[page.Next].Previous = page.Previous;
        }

        (page.Previous, page.Next) = (-1, -1);
        Count--;
    }
}
