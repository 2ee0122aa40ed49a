using System.Reflection;

namespace MirrorTools.Agent.Hosting;

/// <summary>The version of the product.</summary>
internal static class ProductVersion
{
    /// <summary>Such as <c>0.1.0</c>, without the build's metadata.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
