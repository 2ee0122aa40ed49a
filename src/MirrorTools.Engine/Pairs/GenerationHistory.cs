namespace MirrorTools.Engine.Pairs;

/// <summary>The generations a side knows, oldest first; the newest one is in force (F-23).</summary>
public sealed class GenerationHistory
{
    /// <summary>How many generations are kept.</summary>
    public const int MaximumCount = 64;

    /// <summary>Creates a history.</summary>
    public GenerationHistory(IReadOnlyList<Generation> generations) =>
        Items = generations.Count <= MaximumCount ? generations : [.. generations.Skip(generations.Count - MaximumCount)];

    /// <summary>The generations, oldest first.</summary>
    public IReadOnlyList<Generation> Items { get; }

    /// <summary>The generation in force.</summary>
    public Generation Current => Items[^1];

    /// <summary>This history with one more generation.</summary>
    public GenerationHistory With(Generation generation) => new([.. Items, generation]);

    /// <summary>How this history stands to another one.</summary>
    public GenerationRelation Compare(GenerationHistory other)
    {
        if (Current.Id == other.Current.Id)
        {
            return GenerationRelation.Same;
        }

        bool otherKnowsMine = other.Items.Any(item => item.Id == Current.Id);
        bool iKnowOther = Items.Any(item => item.Id == other.Current.Id);
        return (otherKnowsMine, iKnowOther) switch
        {
            (true, false) => GenerationRelation.Older,
            (false, true) => GenerationRelation.Newer,
            _ => GenerationRelation.Diverged,
        };
    }
}
