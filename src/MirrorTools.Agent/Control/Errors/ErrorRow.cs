namespace MirrorTools.Agent.Control.Errors;

/// <summary>What goes with an error id.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Category">The name of PowerShell's error category.</param>
/// <param name="Remedy">The recommended action, naming the cmdlet that helps.</param>
internal readonly record struct ErrorRow(int Status, string Category, string Remedy);
