namespace MirrorTools.Engine.Pairs;

/// <summary>A point that an admin gave a name: it is kept until it is removed .</summary>
/// <param name="Number">The point's number.</param>
/// <param name="Name">Its name: 1 to <see cref="MaximumNameBytes"/> bytes in UTF-8.</param>
public readonly record struct NamedPoint(ulong Number, string Name)
{
    /// <summary>The longest name, in bytes.</summary>
    public const int MaximumNameBytes = 64;
}
