namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>What is kept of a grain.</summary>
/// <param name="SkipBytes">Where in the grain it begins.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="IsPart">True where the other site has the rest of the grain.</param>
internal sealed record KeptImage(int SkipBytes, byte[] Content, bool IsPart);
